// SPDX-License-Identifier: GPL-2.0-only
/* cohmem poison: the pages of a GPU's memory that have gone bad. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "cohmem.h"

static int known(const struct cohmem_func *f)
{
	return operate_known(f, COHMEM_FACT_POISON_COUNT, "no list of bad pages");
}

static int list_one(struct cli *cli, struct cohmem_func *f, struct outcome *o)
{
	static char *text;
	unsigned int i;
	size_t n;
	u64 count;

	(void)cli;
	if (known(f))
		return -ENOTSUP;
	if (f->bound.poison_error) {
		complain_as(cohmem_error_word(f->bound.poison_error), f->bdf,
			    NULL, "the list of bad pages is not known: %s",
			    cohmem_unknown_str(f->bound.poison_error));
		return f->bound.poison_error;
	}
	count = cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT);
	free(text);
	text = malloc(128 + f->bound.nr_poison * 20);
	if (!text)
		return -ENOMEM;
	n = sprintf(text, "%s: %llu bad page%s%s", f->bdf,
		    (unsigned long long)count, count == 1 ? "" : "s",
		    cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW) ?
		    ", and more than can be noted" : "");
	for (i = 0; i < f->bound.nr_poison; i++)
		n += sprintf(text + n, "\n0x%llx",
			     (unsigned long long)f->bound.poison[i]);
	if (count > f->bound.nr_poison)
		sprintf(text + n, "\nand %llu that the driver does not list",
			(unsigned long long)(count - f->bound.nr_poison));
	o->text = text;
	return 0;
}

/* Each address; the first that fails ends it. */
static int change_one(struct cli *cli, struct cohmem_func *f,
		      struct outcome *o)
{
	static char text[160];
	char value[40];
	int i, ret = known(f);
	u64 before = cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT);

	for (i = 0; !ret && i < cli->nr_words; i++) {
		snprintf(value, sizeof(value), "%s%s", cli->word,
			 cli->words[i]);
		ret = operate_write(cli, f, o, "poison_pages", value);
		if (!ret && cli->dry_run && i + 1 < cli->nr_words)
			cli->print->outcome(cli, o);
	}
	if (ret || cli->dry_run)
		return ret;
	cohmem_func_glance(cli->ctx, f);
	snprintf(text, sizeof(text), "%s: bad pages: %llu (before: %llu)",
		 f->bdf, (unsigned long long)cohmem_fact_number(f,
						COHMEM_FACT_POISON_COUNT),
		 (unsigned long long)before);
	o->text = text;
	return 0;
}

static int policy_one(struct cli *cli, struct cohmem_func *f,
		      struct outcome *o)
{
	static char text[160];

	if (f->is_egm) {
		complain_as("unsupported", f->bdf, NULL,
			    "no policy for bad pages: EGM has none");
		return -ENOTSUP;
	}
	if (!cohmem_fact_known(f, COHMEM_FACT_POISON_POLICY)) {
		complain_as("unsupported", f->bdf,
			    "a newer driver has it: what is loaded is older than this program",
			    "no policy for bad pages: %s",
			    cohmem_unknown_str(f->bound.valid ?
				f->bound.fact[COHMEM_FACT_POISON_POLICY].error :
				-ENOENT));
		return -ENOTSUP;
	}
	if (cli->word && operate_write(cli, f, o, "poison_policy", cli->word))
		return -EIO;
	if (cli->dry_run)
		return 0;
	cohmem_func_glance(cli->ctx, f);
	snprintf(text, sizeof(text), "%s: %s", f->bdf,
		 cohmem_fact_word(f, COHMEM_FACT_POISON_POLICY));
	o->text = text;
	return 0;
}

/* Hexadecimal with 0x: what looks like a decimal number is no address. */
static bool is_address(const char *text)
{
	if (strncmp(text, "0x", 2) || strlen(text) > 18 || !text[2])
		return false;
	for (text += 2; *text; text++)
		if (!isxdigit((unsigned char)*text))
			return false;
	return true;
}

static int check_addresses(struct cli *cli, bool forget)
{
	int i;

	if (!cli->nr_words)
		return usage_error(cli, "which page? give a function or EGM, and physical addresses");
	for (i = 0; i < cli->nr_words; i++) {
		if (forget && !strcmp(cli->words[i], "all"))
			continue;
		if (!is_address(cli->words[i]))
			return usage_error(cli,
					   "'%s' is no physical address like 0x400012345000",
					   cli->words[i]);
	}
	return EXIT_OK;
}

static int poison(struct cli *cli, int argc, char **argv)
{
	const char *verb = argc ? argv[0] : "";
	operate_fn *fn;
	int code = EXIT_OK;

	argc -= !!argc;
	argv += !!*verb;
	if (!strcmp(verb, "list")) {
		fn = list_one;
	} else if (!strcmp(verb, "policy")) {
		fn = policy_one;
		if (argc && (!strcmp(argv[0], "map") ||
			     !strcmp(argv[0], "refuse"))) {
			cli->word = argv[0];
			argc--;
			argv++;
		}
	} else if (!strcmp(verb, "add") || !strcmp(verb, "forget")) {
		fn = change_one;
		cli->word = *verb == 'f' ? "-" : "";
		if (cli->all)
			return usage_error(cli, "an address belongs to one function: no --all here");
		if (argc > 1) {
			cli->nr_words = argc - 1;
			cli->words = argv + 1;
			argc = 1;
		}
		code = check_addresses(cli, *verb == 'f');
	} else {
		return usage_error(cli, *verb ?
				   "list, add, forget or policy, not '%s'" :
				   "list, add, forget or policy?%s", verb);
	}
	if (!code && cli->word)
		code = may_write(cli);
	if (!code)
		code = open_host(cli);
	return code ? code : operate(cli, argc, argv, fn);
}

const struct command cmd_poison = {
	.name = "poison",
	.args = "list BDF|EGM... | add BDF|EGM ADDRESS... | forget BDF|EGM ADDRESS...|all | policy [WORD] BDF...",
	.summary = "the pages of GPUs' memory that have gone bad",
	.text =
"list    shows the pages that the driver knows to be bad\n"
"add     notes pages at physical addresses, as firmware's log or rasdaemon has\n"
"        them: errors that the kernel did not tell the driver\n"
"forget  takes pages, or all of them, off the list: a reset or a power cycle can\n"
"        replace bad rows by spare ones\n"
"policy  shows what users may do with bad pages, or sets it: map (they can, and\n"
"        get a machine check if they touch them) or refuse (they cannot)\n"
"EGM (egm4) is the memory that firmware lends to machines with a socket's GPUs;\n"
"blocks that firmware has retired are no bad pages, and cannot be forgotten.\n",
	.verbs = "list add forget policy",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_DRY_RUN) |
		 OPT_BIT(OPT_WRITE_SYSROOT),
	.takes_bdf = true,
	.takes_egm = true,
	.fn = poison,
};
