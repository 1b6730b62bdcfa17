// SPDX-License-Identifier: GPL-2.0-only
/* "show" as text. */
#include <stdarg.h>

#include "print_text.h"
#include "regs.h"

__attribute__((format(printf, 2, 3)))
static void line(const char *label, const char *fmt, ...)
{
	va_list ap;

	printf("  %-12s ", label);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void show_driver(const struct view *v)
{
	const struct cohmem_func *f = v->f;
	char before[COHMEM_NAME_LEN + 32] = "", override[COHMEM_NAME_LEN + 32] = "";

	if (v->has_record)
		snprintf(before, sizeof(before), "; before bind: %s",
			 v->record.member[0].driver[0] ?
			 v->record.member[0].driver : "none");
	if (f->override[0])
		snprintf(override, sizeof(override), " (driver_override %s)",
			 f->override);
	line("driver", "%s%s%s", f->driver[0] ? f->driver : "none", override,
	     before);
}

static void show_ready(const struct cohmem_bound *b)
{
	char after[COHMEM_NAME_LEN + 16] = "";

	if (!b->valid || !b->ready[0])
		return;
	if (!strcmp(b->ready, cohmem_ready_state_name(COHMEM_READY)))
		snprintf(after, sizeof(after), " after %llu ms",
			 (unsigned long long)b->ready_ms);
	else if (!strcmp(b->ready, cohmem_ready_state_name(COHMEM_WAITING)))
		snprintf(after, sizeof(after), " (looked at while it is open)");
	else if (b->fail[0] && strcmp(b->fail, "none"))
		snprintf(after, sizeof(after), ": %s", b->fail);
	line("readiness", "%s%s; reset generation %llu", b->ready, after,
	     (unsigned long long)b->generation);
	line("bad pages", "%llu%s%s%s", (unsigned long long)b->poison_count,
	     b->poison_overflow ? " and more" : "",
	     b->poison[0] ? ": " : "", b->poison);
	if (b->scrub[0])
		line("scrub", "%s; %s%s%s%s", b->scrub, b->scrub_state,
		     b->scrub_result[0] ? "; last: " : "", b->scrub_result,
		     b->scrub_dirty ? "; memory may hold data of its last user" :
		     "");
}

static void show_firmware(const struct cohmem_func *f)
{
	const struct cohmem_dsd *d = &f->dsd;
	unsigned int i;

	line("ACPI", "%s", f->acpi_path[0] ? f->acpi_path : "no object");
	for (i = 0; f->announced && i < COHMEM_NR_PROPS; i++) {
		if (!(d->present & 1U << i))
			continue;
		if (d->opaque & 1U << i)
			line("", "%-28s computed by firmware",
			     cohmem_prop_name(i));
		else if (i == COHMEM_PXM_START || i == COHMEM_PXM_COUNT ||
			 i == COHMEM_EGM_PXM)
			line("", "%-28s %llu", cohmem_prop_name(i),
			     (unsigned long long)d->value[i]);
		else
			line("", "%-28s 0x%llx", cohmem_prop_name(i),
			     (unsigned long long)d->value[i]);
	}
}

static void show_config(const struct cohmem_func *f)
{
	if (f->config_size < 4096) {
		line("DVSECs", "not readable (%u bytes of config space are)",
		     f->config_size);
		return;
	}
	if (f->has_nv_dvsec)
		line("DVSECs", "NVIDIA id %d, flags 0x%04x: MIG bug %s",
		     COHMEM_DVSEC_NVIDIA_ID, f->nv_flags,
		     f->nv_flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED ?
		     "fixed" : "present");
	else
		line("DVSECs", "no NVIDIA id %d: MIG bug assumed",
		     COHMEM_DVSEC_NVIDIA_ID);
	if (f->has_cxl_dvsec)
		line("", "CXL Device, capability 0x%04x: memory %s",
		     f->cxl_cap, f->cxl_cap & COHMEM_CXL_CAP_MEM_CAPABLE ?
		     "capable, readiness by range registers" : "not capable");
}

static void show_bars(const struct cohmem_func *f)
{
	bool first = true;
	char size[32];
	int i;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_bar_info *b = &f->bar[i];

		if (!b->size)
			continue;
		line(first ? "real BARs" : "", "BAR%d 0x%llx, %s, %s%s%s", i,
		     (unsigned long long)b->base, human_size(b->size, size),
		     b->is_io ? "I/O" : b->is_64 ? "64-bit" : "32-bit",
		     b->prefetch ? " prefetchable" : "",
		     cohmem_layout_at_bar(&f->memory.layout, i) ?
		     " (with cohmem_vfio_pci a guest sees coherent memory instead)" : "");
		first = false;
	}
}

static const char *viability(const struct cohmem_func *f)
{
	switch (cohmem_func_viability(f)) {
	case COHMEM_VIABLE_BRIDGE:
		return "bridge, does not count";
	case COHMEM_VIABLE_UNBOUND:
		return "unbound";
	case COHMEM_VIABLE_VFIO:
		return "VFIO";
	case COHMEM_NOT_VIABLE:
		break;
	}
	return "in use by the host";
}

static void show_group(struct cli *cli, const struct cohmem_func *f)
{
	struct cohmem_func *g;
	unsigned int others = 0;

	if (f->group < 0) {
		line("IOMMU group", "%s", cohmem_has_iommu(cli->ctx) ?
		     "none yet (older kernels make it when a driver is bound)" :
		     "none");
		return;
	}
	cohmem_group_foreach(cli->ctx, f, g)
		others += g != f;
	line("IOMMU group", "%d%s", f->group, others ? ", together with" :
	     ", alone");
	cohmem_group_foreach(cli->ctx, f, g)
		if (g != f)
			line("", "%s %s (%s%s%s)", g->bdf, g->name,
			     g->driver, g->driver[0] ? ", " : "",
			     viability(g));
	if (f->is_vfio && f->vfio_cdev >= 0)
		line("VFIO", "/dev/vfio/%d, /dev/vfio/devices/vfio%d", f->group,
		     f->vfio_cdev);
	else if (f->is_vfio)
		line("VFIO", "/dev/vfio/%d", f->group);
}

static void show_users(const struct view *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_users && i < MAX_USERS; i++)
		line(i ? "" : "held by", "%s (pid %d): %s", v->user[i].comm,
		     v->user[i].pid, v->user[i].path);
	if (v->nr_users > MAX_USERS)
		line("", "and %u more", v->nr_users - MAX_USERS);
}

static void show_memory(const struct cohmem_memory *m)
{
	char size[32];

	switch (m->state) {
	case COHMEM_MEM_OK:
		line("memory", "%s at 0x%llx, %s%s (%s says)",
		     human_size(m->size, size), (unsigned long long)m->base,
		     m->placement ? "laid out " : "layout unknown",
		     m->placement ? m->placement : "",
		     cohmem_source_name(m->source));
		break;
	case COHMEM_MEM_ABSENT:
		line("memory", "none announced");
		break;
	case COHMEM_MEM_BAD:
		line("memory", "unusable (%s)", cohmem_reason_name(m->reason));
		break;
	case COHMEM_MEM_UNKNOWN:
		line("memory", "unknown");
		break;
	}
}

static void show_one(struct cli *cli, const struct view *v)
{
	const struct cohmem_func *f = v->f;
	unsigned int i;

	printf("%s  %s [%04x:%04x]\n", f->bdf, f->name, f->vendor, f->device);
	line("state", "%s", cohmem_func_state(f));
	show_driver(v);
	show_users(v);
	show_memory(&f->memory);
	show_ready(&f->bound);
	show_group(cli, f);
	if (f->numa_node >= 0)
		line("NUMA node", "%d", f->numa_node);
	if (f->link_speed[0])
		line("PCIe link", "%s, x%u", f->link_speed, f->link_width);
	show_bars(f);
	show_config(f);
	show_firmware(f);
	if (f->memory.layout.nr) {
		printf("\n");
		draw_map(cli, &f->memory);
	}
	for (i = 0; i < v->nr_hints; i++) {
		printf("%s  ! %s\n", i ? "" : "\n", v->hint[i].what);
		if (v->hint[i].way_out[0])
			printf("    -> %s\n", v->hint[i].way_out);
	}
}

/**
 * show_text() - print functions in detail
 * @cli: the run
 * @views: the functions
 * @nr: how many
 */
void show_text(struct cli *cli, const struct view *views, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (i)
			putchar('\n');
		show_one(cli, &views[i]);
	}
}
