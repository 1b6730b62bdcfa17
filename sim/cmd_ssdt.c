// SPDX-License-Identifier: GPL-2.0-only
/*
 * cohmem-sim ssdt: what the firmware of a superchip says about its memory, as
 * ASL source. Every way in which it can be wrong that has a word in the core's
 * vocabulary can be asked for by that word.
 */
#include <stdio.h>

#include "cli.h"
#include "layout.h"
#include "model.h"
#include "regs.h"

static const char help[] =
"Usage: cohmem-sim ssdt --model MODEL --path ACPI-PATH [OPTION...]\n"
"\n"
"Write an ACPI SSDT (ASL source, for iasl) that announces the coherent memory\n"
"in the _DSD of the PCI function at ACPI-PATH, as firmware_node/path has it\n"
"in sysfs: '\\_SB_.PCI0.S10_.S00_'.\n"
"\n"
"  --model MODEL          see 'cohmem-sim models'\n"
"  --hbm SIZE             size of the memory (the model's default: 96G)\n"
"  --mem-base ADDR        its physical address (0x1000000000)\n"
"  --pxm-start N          first NUMA node (1)\n"
"  --pxm-count N          how many (8)\n"
"  --announce WORD        announce nonsense instead, see below\n"
"  --ram-base ADDR        what 'system-ram' announces (0x40000000)\n"
"  --egm-base ADDR        announce Extended GPU Memory there\n"
"  --egm-size SIZE        its size\n"
"  --egm-pxm N            its NUMA node (0)\n"
"  --egm-retired ADDR     physical address of its list of retired pages\n"
"  -h, --help             this text\n"
"\n"
"Words for --announce: ok, none (no _DSD at all), no-base and no-size\n"
"(one property only), string (size as text), and the driver's reasons\n";

struct ssdt {
	const char *model, *path, *announce;
	u64 base, size, ram, pxm_start, pxm_count;
	u64 egm_base, egm_size, egm_pxm, egm_retired;
	bool has_size, has_egm_base, has_egm_size, has_egm_retired;
	bool no_dsd, no_base, no_size, text;
};

enum { OPT_MODEL = 256, OPT_PATH, OPT_HBM, OPT_BASE, OPT_PXM, OPT_PXMS,
       OPT_ANNOUNCE, OPT_RAM, OPT_EGM_BASE, OPT_EGM_SIZE, OPT_EGM_PXM,
       OPT_EGM_RETIRED };

static const struct option options[] = {
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "hbm", required_argument, NULL, OPT_HBM },
	{ "mem-base", required_argument, NULL, OPT_BASE },
	{ "pxm-start", required_argument, NULL, OPT_PXM },
	{ "pxm-count", required_argument, NULL, OPT_PXMS },
	{ "announce", required_argument, NULL, OPT_ANNOUNCE },
	{ "ram-base", required_argument, NULL, OPT_RAM },
	{ "egm-base", required_argument, NULL, OPT_EGM_BASE },
	{ "egm-size", required_argument, NULL, OPT_EGM_SIZE },
	{ "egm-pxm", required_argument, NULL, OPT_EGM_PXM },
	{ "egm-retired", required_argument, NULL, OPT_EGM_RETIRED },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

/* What each reason looks like in firmware's numbers. */
static void set_ok(struct ssdt *t) { }
static void set_none(struct ssdt *t) { t->no_dsd = true; }
static void set_no_base(struct ssdt *t) { t->no_base = true; }
static void set_no_size(struct ssdt *t) { t->no_size = true; }
static void set_text(struct ssdt *t) { t->text = true; }
static void set_link_down(struct ssdt *t) { t->size = 0; }
static void set_base_zero(struct ssdt *t) { t->base = 0; }
static void set_base_unaligned(struct ssdt *t) { t->base += 0x200; }
static void set_size_unaligned(struct ssdt *t) { t->size -= 0x200; }
static void set_overflow(struct ssdt *t) { t->base = ~0xfffffULL; }
static void set_too_small(struct ssdt *t) { t->size = 0x10000000; }
static void set_phys_limit(struct ssdt *t) { t->base = 1ULL << 56; }
static void set_system_ram(struct ssdt *t) { t->base = t->ram; }
static void set_too_large(struct ssdt *t)
{
	t->size = 4 * COHMEM_REGION_SIZE_MAX;
}

static const struct {
	const char *word;		/* not in the core's vocabulary */
	enum cohmem_reason reason;
	void (*set)(struct ssdt *t);
} announcements[] = {
	{ NULL, COHMEM_OK, set_ok },
	{ "none", 0, set_none },
	{ "no-base", 0, set_no_base },
	{ "no-size", 0, set_no_size },
	{ "string", 0, set_text },
	{ NULL, COHMEM_ERR_LINK_DOWN, set_link_down },
	{ NULL, COHMEM_ERR_BASE_ZERO, set_base_zero },
	{ NULL, COHMEM_ERR_BASE_UNALIGNED, set_base_unaligned },
	{ NULL, COHMEM_ERR_SIZE_UNALIGNED, set_size_unaligned },
	{ NULL, COHMEM_ERR_OVERFLOW, set_overflow },
	{ NULL, COHMEM_ERR_TOO_SMALL, set_too_small },
	{ NULL, COHMEM_ERR_TOO_LARGE, set_too_large },
	{ NULL, COHMEM_ERR_PHYS_LIMIT, set_phys_limit },
	{ NULL, COHMEM_ERR_INCOMPLETE, set_no_size },
	{ NULL, COHMEM_ERR_SYSTEM_RAM, set_system_ram },
};

#define NR_ANNOUNCEMENTS (sizeof(announcements) / sizeof(announcements[0]))

static const char *word(unsigned int i)
{
	return announcements[i].word ? announcements[i].word :
	       cohmem_reason_name(announcements[i].reason);
}

static void print_help(void)
{
	unsigned int i;

	fputs(help, stdout);
	for (i = 0; i < NR_ANNOUNCEMENTS; i++)
		if (!announcements[i].word && announcements[i].reason)
			printf("  %-18s %s\n", word(i),
			       cohmem_reason_str(announcements[i].reason));
}

static int announce(struct ssdt *t)
{
	unsigned int i;

	for (i = 0; t->announce && i < NR_ANNOUNCEMENTS; i++) {
		if (strcmp(t->announce, word(i)))
			continue;
		announcements[i].set(t);
		return 0;
	}
	return t->announce ? cohmem_sim_usage_error("ssdt",
		"nothing is announced by the word '%s'", t->announce) : 0;
}

/* An absolute ACPI path: a backslash, then names of up to four characters. */
static bool path_ok(const char *path)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *p = path;

	if (*p++ != '\\')
		return false;
	for (;;) {
		size_t len = strspn(p, more);

		if (!len || len > 4 || !strchr(first, *p))
			return false;
		p += len;
		if (!*p)
			return true;
		if (*p++ != '.')
			return false;
	}
}

static void property(const char *name, u64 value)
{
	printf("\t\t\t\tPackage () { \"%s\", 0x%llx },\n", name,
	       (unsigned long long)value);
}

static void print(const struct ssdt *t)
{
	printf("/* %s, announced as: %s. Written by cohmem-sim. */\n"
	       "DefinitionBlock (\"\", \"SSDT\", 2, \"COHMEM\", \"COHMSIM\", 1)\n"
	       "{\n\tExternal (%s, DeviceObj)\n\n\tScope (%s)\n\t{\n",
	       t->model, t->announce ? t->announce : "ok", t->path, t->path);
	if (t->no_dsd) {
		puts("\t\tName (COHM, 1)\t/* no _DSD */\n\t}\n}");
		return;
	}
	puts("\t\tName (_DSD, Package ()\n\t\t{\n"
	     "\t\t\tToUUID (\"daffd814-6eba-4d8c-8a91-bc9bbf4aa301\"),\n"
	     "\t\t\tPackage ()\n\t\t\t{");
	if (!t->no_base)
		property(COHMEM_PROP_MEM_BASE, t->base);
	if (t->text)
		printf("\t\t\t\tPackage () { \"%s\", \"%llu\" },\n",
		       COHMEM_PROP_MEM_SIZE, (unsigned long long)t->size);
	else if (!t->no_size)
		property(COHMEM_PROP_MEM_SIZE, t->size);
	property(COHMEM_PROP_PXM_START, t->pxm_start);
	property(COHMEM_PROP_PXM_COUNT, t->pxm_count);
	if (t->has_egm_base)
		property(COHMEM_PROP_EGM_BASE, t->egm_base);
	if (t->has_egm_size) {
		property(COHMEM_PROP_EGM_SIZE, t->egm_size);
		property(COHMEM_PROP_EGM_PXM, t->egm_pxm);
	}
	if (t->has_egm_retired)
		property(COHMEM_PROP_EGM_RETIRED, t->egm_retired);
	puts("\t\t\t}\n\t\t})\n\t}\n}");
}

static int one_option(struct ssdt *t, int opt)
{
	u64 *to;

	switch (opt) {
	case OPT_MODEL:
		t->model = optarg;
		return 0;
	case OPT_PATH:
		t->path = optarg;
		return 0;
	case OPT_ANNOUNCE:
		t->announce = optarg;
		return 0;
	case OPT_HBM:
		t->has_size = true;
		to = &t->size;
		break;
	case OPT_BASE:
		to = &t->base;
		break;
	case OPT_PXM:
		to = &t->pxm_start;
		break;
	case OPT_PXMS:
		to = &t->pxm_count;
		break;
	case OPT_RAM:
		to = &t->ram;
		break;
	case OPT_EGM_BASE:
		t->has_egm_base = true;
		to = &t->egm_base;
		break;
	case OPT_EGM_SIZE:
		t->has_egm_size = true;
		to = &t->egm_size;
		break;
	case OPT_EGM_PXM:
		to = &t->egm_pxm;
		break;
	case OPT_EGM_RETIRED:
		t->has_egm_retired = true;
		to = &t->egm_retired;
		break;
	default:
		return SIM_EXIT_USAGE;
	}
	if (cohmem_sim_parse_size(optarg, to))
		return cohmem_sim_usage_error("ssdt", "'%s' is no number",
					      optarg);
	return 0;
}

/**
 * cohmem_sim_cmd_ssdt() - cohmem-sim ssdt
 * @argc: arguments, the command's name first
 * @argv: the same
 * Return: exit code.
 */
int cohmem_sim_cmd_ssdt(int argc, char **argv)
{
	struct ssdt t = {
		.base = 0x1000000000ULL, .ram = 0x40000000, .pxm_start = 1,
		.pxm_count = 8,
	};
	const struct sim_model *m;
	int opt, code;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h') {
			print_help();
			return 0;
		}
		code = one_option(&t, opt);
		if (code)
			return code;
	}
	if (optind < argc)
		return cohmem_sim_usage_error("ssdt", "what is '%s'?",
					      argv[optind]);
	m = cohmem_sim_need_model("ssdt", t.model);
	if (!m)
		return SIM_EXIT_USAGE;
	if (!t.path)
		return cohmem_sim_usage_error("ssdt", "--path is missing");
	if (!path_ok(t.path))
		return cohmem_sim_usage_error("ssdt",
				"'%s' is no ACPI path like \\_SB_.PCI0.S10_",
				t.path);
	if (!t.has_size)
		t.size = m->hbm_size;
	code = announce(&t);
	if (!code)
		print(&t);
	return code;
}
