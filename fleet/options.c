// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line, and a configuration file that says the same: a long option a line
 * without its dashes. What is given on the command line comes after the file.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

struct options opt = {
	.kubelet_dir = "/var/lib/kubelet/device-plugins",
	.interval_s = 5,
};

enum { O_HELP, O_VERSION, O_CONFIG, O_BIND, O_UNBIND, O_NODES, O_INTERVAL,
	O_RESOURCE, O_ONLY, O_POISONED, O_DIRTY, O_KUBELET, O_NFD, O_SYSROOT,
	O_ONCE, O_VERBOSE, NR };

static const struct {
	const char *name;
	char letter;
	const char *arg;
	const char *help;
} table[NR] = {
	[O_HELP] = { "help", 'h', NULL, "show this help" },
	[O_VERSION] = { "version", 'V', NULL, "show the version" },
	[O_CONFIG] = { "config", 'c', "FILE",
		"read options from FILE: one a line, as in 'bind=auto'" },
	[O_BIND] = { "bind", 0, "auto|never",
		"give GPUs to " COHMEM_DRIVER " that it has not (never)" },
	[O_UNBIND] = { "unbind", 0, "exit|never",
		"at the end give those back that cohmem bound (never)" },
	[O_NODES] = { "nodes", 0, "auto|group|iommufd",
		"which device nodes a container gets (auto)" },
	[O_INTERVAL] = { "interval", 'i', "SECONDS",
		"look at the host every so many seconds (5)" },
	[O_RESOURCE] = { "resource", 0, "VVVV:DDDD=NAME",
		"what a part is called, by its PCI ids; repeatable" },
	[O_ONLY] = { "only", 0, "BDF[,BDF...]",
		"these GPUs and no others; repeatable" },
	[O_POISONED] = { "allow-poisoned", 0, "N",
		"offer a GPU that has up to N bad pages (0)" },
	[O_DIRTY] = { "allow-dirty", 0, NULL,
		"offer a GPU that may hold data of its last user" },
	[O_KUBELET] = { "kubelet-dir", 0, "DIR",
		"where kubelet.sock is (/var/lib/kubelet/device-plugins)" },
	[O_NFD] = { "nfd-file", 0, "FILE",
		"keep FILE up to date for Node Feature Discovery" },
	[O_SYSROOT] = { "sysroot", 0, "DIR",
		"look at the host recorded in DIR instead" },
	[O_ONCE] = { "once", 0, NULL,
		"show what would be offered, and end" },
	[O_VERBOSE] = { "verbose", 'v', NULL,
		"say what is done, step by step" },
};

static int bad(const char *subject, const char *what)
{
	say(subject, "cohmem-device-plugin --help", "%s", what);
	return 2;
}

static void help(void)
{
	char left[64];
	unsigned int i;

	printf("Usage: cohmem-device-plugin [options]\n\n"
	       "Offers GPUs with CPU-coherent memory to the kubelet, as a device plugin: those\n"
	       "that are bound to " COHMEM_DRIVER " and fit for a new tenant.\n\nOptions:\n");
	for (i = 0; i < NR; i++) {
		snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
			 table[i].letter ? "-" : " ",
			 table[i].letter ? table[i].letter : ' ',
			 table[i].letter ? ", " : "  ", table[i].name,
			 table[i].arg ? "=" : "",
			 table[i].arg ? table[i].arg : "");
		if (strlen(left) > 26)
			printf("  %s\n  %-26s  %s\n", left, "", table[i].help);
		else
			printf("  %-26s  %s\n", left, table[i].help);
	}
}

static bool number(const char *text, unsigned long max, unsigned int *out)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno || n > max)
		return false;
	*out = n;
	return true;
}

/* As Kubernetes wants it: a domain, a slash, and a name of at most 63 characters. */
static bool is_resource(const char *name)
{
	const char *slash = strchr(name, '/'), *p;

	if (!slash || slash == name || !slash[1] || strlen(slash + 1) > 63 ||
	    strlen(name) >= RESOURCE_LEN || !isalnum((unsigned char)slash[1]) ||
	    !isalnum((unsigned char)name[strlen(name) - 1]))
		return false;
	for (p = name; *p; p++)
		if (p < slash ? !islower((unsigned char)*p) &&
				!isdigit((unsigned char)*p) && !strchr("-.", *p) :
		    p > slash && !isalnum((unsigned char)*p) &&
		    !strchr("-_.", *p))
			return false;
	return true;
}

static int take_resource(const char *arg)
{
	struct named *n = &opt.named[opt.nr_named];
	int used = 0;

	if (opt.nr_named == MAX_NAMED)
		return bad("--resource", "too many of them");
	if (sscanf(arg, "%4x:%4x=%n", &n->vendor, &n->device, &used) != 2 ||
	    used != 10 || !is_resource(arg + used))
		return bad("--resource", "wants ids and a name, as in 10de:2342=vendor.example/name");
	snprintf(n->resource, sizeof(n->resource), "%s", arg + used);
	opt.nr_named++;
	return 0;
}

static int take_only(const char *arg)
{
	char *copy = strdup(arg), *p, *save = NULL;
	int ret = 0;

	for (p = strtok_r(copy, ",", &save); p && !ret;
	     p = strtok_r(NULL, ",", &save)) {
		if (opt.nr_only == MAX_ONLY)
			ret = bad("--only", "too many of them");
		else if (cohmem_bdf_normalise(p, opt.only[opt.nr_only]))
			ret = bad("--only", "wants PCI addresses, as in 0009:01:00.0");
		else
			opt.nr_only++;
	}
	free(copy);
	return ret;
}

/* One of two words, or one of three. */
static int word(const char *arg, const char *name, const char *const *words)
{
	char text[96];
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(arg, words[i]))
			return i;
	snprintf(text, sizeof(text), "does not know '%.40s'", arg);
	bad(name, text);
	return -1;
}

static int copy(char *out, size_t size, const char *arg, const char *name)
{
	if (!*arg || strlen(arg) >= size)
		return bad(name, *arg ? "the path is too long" : "wants a path");
	strcpy(out, arg);
	return 0;
}

static int read_config(const char *path);

static int take(int id, const char *arg)
{
	static const char *const binds[] = { "never", "auto", NULL };
	static const char *const unbinds[] = { "never", "exit", NULL };
	static const char *const nodes[] = { "auto", "group", "iommufd", NULL };
	int i;

	switch (id) {
	case O_CONFIG:
		return read_config(arg);
	case O_BIND:
		i = word(arg, "--bind", binds);
		opt.bind = i == 1;
		return i < 0 ? 2 : 0;
	case O_UNBIND:
		i = word(arg, "--unbind", unbinds);
		opt.unbind = i == 1;
		return i < 0 ? 2 : 0;
	case O_NODES:
		i = word(arg, "--nodes", nodes);
		if (i >= 0)
			opt.nodes = i;
		return i < 0 ? 2 : 0;
	case O_INTERVAL:
		if (!number(arg, 3600, &opt.interval_s) || !opt.interval_s)
			return bad("--interval", "wants 1 to 3600 seconds");
		return 0;
	case O_RESOURCE:
		return take_resource(arg);
	case O_ONLY:
		return take_only(arg);
	case O_POISONED:
		if (!number(arg, 1000000, &opt.allow_poisoned))
			return bad("--allow-poisoned", "wants a number of pages");
		return 0;
	case O_DIRTY:
		opt.allow_dirty = true;
		return 0;
	case O_KUBELET:
		return copy(opt.kubelet_dir, sizeof(opt.kubelet_dir), arg,
			    "--kubelet-dir");
	case O_NFD:
		return copy(opt.nfd_file, sizeof(opt.nfd_file), arg,
			    "--nfd-file");
	case O_SYSROOT:
		opt.sysroot = strdup(arg);
		return 0;
	case O_ONCE:
		opt.once = true;
		return 0;
	case O_VERBOSE:
		opt.verbose = true;
		return 0;
	}
	return 2;
}

static int take_line(char *line, const char *path)
{
	char *value, *end = line + strlen(line);
	int i;

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*line))
		line++;
	if (!*line || *line == '#')
		return 0;
	value = strchr(line, '=');
	if (value)
		*value++ = '\0';
	for (i = O_BIND; i < NR; i++)
		if (!strcmp(table[i].name, line) && !table[i].arg == !value)
			return take(i, value);
	say(path, "a long option a line, without its dashes",
	    "'%.60s' is no option, or its value is missing", line);
	return 2;
}

static int read_config(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	int ret = 0;

	if (!f) {
		say(path, NULL, "cannot be read: %s", strerror(errno));
		return 2;
	}
	while (!ret && fgets(line, sizeof(line), f))
		ret = take_line(line, path);
	fclose(f);
	return ret;
}

/**
 * read_options() - what the command line says
 * @argc: of main()
 * @argv: of main()
 * Return: 0: go on; -1: done; else the exit code, after the reason was given.
 */
int read_options(int argc, char **argv)
{
	struct option longs[NR + 1] = { 0 };
	int i, c, ret = 0;

	for (i = 0; i < NR; i++)
		longs[i] = (struct option){ table[i].name, !!table[i].arg, NULL,
					    table[i].letter ?
					    table[i].letter : 256 + i };
	while (!ret && (c = getopt_long(argc, argv, "hVc:i:v", longs, NULL)) !=
	       -1) {
		for (i = 0; i < NR; i++)
			if (c == longs[i].val)
				break;
		if (i == O_HELP) {
			help();
			return -1;
		}
		if (i == O_VERSION) {
			printf("cohmem-device-plugin %s\n", COHMEM_VERSION);
			return -1;
		}
		ret = i == NR ? 2 : take(i, optarg);
	}
	if (!ret && optind < argc)
		ret = bad(argv[optind], "takes no arguments");
	return ret;
}
