// SPDX-License-Identifier: GPL-2.0-only
/*
 * cohmem-sim ssdt: what the firmware of a superchip says about its memory, as
 * ASL source. Every way in which it can be wrong that has a word in the core's
 * vocabulary can be asked for by that word.
 */
#include <stdio.h>

#include "cli.h"
#include "gpu.h"
#include "layout.h"
#include "model.h"
#include "options.h"
#include "regs.h"

static const char usage[] =
"Usage: cohmem-sim ssdt --model MODEL --path ACPI-PATH [OPTION...]\n"
"       cohmem-sim ssdt --like FILE[#BDF] --path ACPI-PATH [OPTION...]\n"
"\n"
"Write an ACPI SSDT (ASL source, for iasl) that announces the coherent memory\n"
"in the _DSD of the PCI function at ACPI-PATH, as firmware_node/path has it\n"
"in sysfs: '\\_SB_.PCI0.S10_.S00_'.\n"
"\n";

static const char words[] =
"\n"
"Words for --announce: ok, none (no _DSD at all), no-base and no-size\n"
"(one property only), string (size as text), and the driver's reasons\n";

struct ssdt {
	const char *model, *like, *path, *announce;
	u64 prop[SIM_NR_PROPS];
	bool has[SIM_NR_PROPS];
	u64 given[SIM_NR_PROPS], ram;
	bool is_given[SIM_NR_PROPS];
	bool no_dsd, text;
	u64 port;
	bool has_port;
};

#define AT(member)	offsetof(struct ssdt, member)
#define PROP(which)	AT(given[which]), AT(is_given[which])

static const struct sim_option options[] = {
	{ "model", 0, SIM_OPT_TEXT, "MODEL", AT(model), 0,
	  "see 'cohmem-sim models'" },
	{ "like", 0, SIM_OPT_TEXT, "FILE[#BDF]", AT(like), 0,
	  "announce what the firmware of a recording did; see\n"
	  "'cohmem-sim run'" },
	{ "path", 0, SIM_OPT_TEXT, "ACPI-PATH", AT(path), 0, "see above" },
	{ "new-port", 0, SIM_OPT_NUMBER64, "_ADR", AT(port), AT(has_port),
	  "firmware has no objects for the function and the port\n"
	  "above it, which is at _ADR (device << 16): make them" },
	{ "hbm", 0, SIM_OPT_NUMBER64, "SIZE", PROP(SIM_PROP_SIZE),
	  "size of the memory (the model's default: 96G)" },
	{ "mem-base", 0, SIM_OPT_NUMBER64, "ADDR", PROP(SIM_PROP_BASE),
	  "its physical address (0x1000000000)" },
	{ "pxm-start", 0, SIM_OPT_NUMBER64, "N", PROP(SIM_PROP_PXM),
	  "first NUMA node (1)" },
	{ "pxm-count", 0, SIM_OPT_NUMBER64, "N", PROP(SIM_PROP_PXMS),
	  "how many (8)" },
	{ "announce", 0, SIM_OPT_TEXT, "WORD", AT(announce), 0,
	  "announce nonsense instead, see below" },
	{ "ram-base", 0, SIM_OPT_NUMBER64, "ADDR", AT(ram), 0,
	  "what 'system-ram' announces (0x40000000)" },
	{ "egm-base", 0, SIM_OPT_NUMBER64, "ADDR", PROP(SIM_PROP_EGM_BASE),
	  "announce Extended GPU Memory there" },
	{ "egm-size", 0, SIM_OPT_NUMBER64, "SIZE", PROP(SIM_PROP_EGM_SIZE),
	  "its size" },
	{ "egm-pxm", 0, SIM_OPT_NUMBER64, "N", PROP(SIM_PROP_EGM_PXM),
	  "its NUMA node (0)" },
	{ "egm-retired", 0, SIM_OPT_NUMBER64, "ADDR", PROP(SIM_PROP_EGM_RETIRED),
	  "physical address of its list of retired pages" },
	{ }
};

/* What each reason looks like in firmware's numbers. */
static void set_ok(struct ssdt *t) { }
static void set_none(struct ssdt *t) { t->no_dsd = true; }
static void set_no_base(struct ssdt *t) { t->has[SIM_PROP_BASE] = false; }
static void set_no_size(struct ssdt *t) { t->has[SIM_PROP_SIZE] = false; }
static void set_text(struct ssdt *t) { t->text = true; }
static void set_link_down(struct ssdt *t) { t->prop[SIM_PROP_SIZE] = 0; }
static void set_base_zero(struct ssdt *t) { t->prop[SIM_PROP_BASE] = 0; }
static void set_base_unaligned(struct ssdt *t) { t->prop[SIM_PROP_BASE] += 0x200; }
static void set_size_unaligned(struct ssdt *t) { t->prop[SIM_PROP_SIZE] -= 0x200; }
static void set_overflow(struct ssdt *t) { t->prop[SIM_PROP_BASE] = ~0xfffffULL; }
static void set_too_small(struct ssdt *t) { t->prop[SIM_PROP_SIZE] = 0x10000000; }
static void set_phys_limit(struct ssdt *t) { t->prop[SIM_PROP_BASE] = 1ULL << 56; }
static void set_system_ram(struct ssdt *t) { t->prop[SIM_PROP_BASE] = t->ram; }
static void set_too_large(struct ssdt *t)
{
	t->prop[SIM_PROP_SIZE] = 4 * COHMEM_REGION_SIZE_MAX;
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

	fputs(usage, stdout);
	cohmem_sim_options_help(options);
	fputs(words, stdout);
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

/* The last names of a path, port and function, and the bus before them. */
static bool take_apart(const char *path, int *bus, char port[5], char function[5])
{
	const char *dot = strrchr(path, '.'), *before = dot;

	while (before && before > path && *--before != '.')
		;
	if (!before || before == path)
		return false;
	*bus = before - path;
	snprintf(port, 5, "%.*s", (int)(dot - before - 1), before + 1);
	snprintf(function, 5, "%s", dot + 1);
	return true;
}

/* From the outermost bracket to that of the function's object. */
static void open_function(const struct ssdt *t)
{
	char port[5], function[5];
	int bus;

	if (!t->has_port || !take_apart(t->path, &bus, port, function)) {
		printf("{\n\tExternal (%s, DeviceObj)\n\n\tScope (%s)\n\t{\n",
		       t->path, t->path);
		return;
	}
	printf("{\n\tExternal (%.*s, DeviceObj)\n\n\tScope (%.*s)\n\t{\n"
	       "\tDevice (%s)\n\t{\n\tName (_ADR, 0x%llx)\n"
	       "\tDevice (%s)\n\t{\n\t\tName (_ADR, 0)\n",
	       bus, t->path, bus, t->path, port, (unsigned long long)t->port,
	       function);
}

static void close_function(const struct ssdt *t)
{
	puts(t->has_port ? "\t}\n\t}\n\t}\n}" : "\t}\n}");
}

static void print(const struct ssdt *t)
{
	unsigned int i;

	printf("/* %s, announced as: %s. Written by cohmem-sim. */\n"
	       "DefinitionBlock (\"\", \"SSDT\", 2, \"COHMEM\", \"COHMSIM\", 1)\n",
	       t->model, t->announce ? t->announce : "ok");
	open_function(t);
	if (t->no_dsd) {
		puts("\t\tName (COHM, 1)\t/* no _DSD */");
		close_function(t);
		return;
	}
	puts("\t\tName (_DSD, Package ()\n\t\t{\n"
	     "\t\t\tToUUID (\"daffd814-6eba-4d8c-8a91-bc9bbf4aa301\"),\n"
	     "\t\t\tPackage ()\n\t\t\t{");
	for (i = 0; i < SIM_NR_PROPS; i++) {
		if (!t->has[i])
			continue;
		if (i == SIM_PROP_SIZE && t->text)
			printf("\t\t\t\tPackage () { \"%s\", \"%llu\" },\n",
			       cohmem_sim_prop_name(i),
			       (unsigned long long)t->prop[i]);
		else
			property(cohmem_sim_prop_name(i), t->prop[i]);
	}
	puts("\t\t\t}\n\t\t})");
	close_function(t);
}

/* What firmware says, of a model or of who was recorded. Return: an exit code. */
static int choose(struct ssdt *t)
{
	static struct sim_notes notes;
	static struct sim_gpu gpu;
	unsigned int i;
	int code;

	code = cohmem_sim_pick_gpu("ssdt", t->like, t->model, &gpu, &notes);
	if (code)
		return code;
	if (t->like)
		t->model = "like";
	/* It is not known whether firmware said anything: as a model's does. */
	if (!gpu.has_firmware)
		cohmem_sim_gpu_announce(&gpu);
	memcpy(t->prop, gpu.prop, sizeof(t->prop));
	memcpy(t->has, gpu.has_prop, sizeof(t->has));
	for (i = 0; i < SIM_NR_PROPS; i++)
		if (t->is_given[i]) {
			t->prop[i] = t->given[i];
			t->has[i] = true;
		}
	/* The node belongs to the size: it is node 0 unless told otherwise. */
	if (!t->like)
		t->has[SIM_PROP_EGM_PXM] = t->has[SIM_PROP_EGM_SIZE];
	t->no_dsd = true;
	for (i = 0; i < SIM_NR_PROPS; i++)
		t->no_dsd &= !t->has[i];
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
	struct ssdt t = { .ram = 0x40000000 };
	char name[5];
	int bus, code;

	code = cohmem_sim_options("ssdt", options, print_help, &t, argc, argv);
	if (code == SIM_OPTIONS_GO_ON)
		code = cohmem_sim_no_arguments("ssdt", argc, argv);
	if (code != SIM_OPTIONS_GO_ON)
		return code;
	code = choose(&t);
	if (code)
		return code;
	if (!t.path)
		return cohmem_sim_usage_error("ssdt", "--path is missing");
	if (!path_ok(t.path))
		return cohmem_sim_usage_error("ssdt",
				"'%s' is no ACPI path like \\_SB_.PCI0.S10_",
				t.path);
	if (t.has_port && !take_apart(t.path, &bus, name, name))
		return cohmem_sim_usage_error("ssdt",
				"'%s' has no bus and port above the function",
				t.path);
	code = announce(&t);
	if (!code)
		print(&t);
	return code;
}
