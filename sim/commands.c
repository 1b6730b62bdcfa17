// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of the control socket. Each is a row of a table: its words, its
 * help, and a function that fills the reply. man/cohmem-sim.1 explains them.
 */
#include <linux/pci_regs.h>

#include "command.h"

#define MAX_WORDS	16

/* "never" or milliseconds. */
static int delay(struct call *c, const char *text, s64 *value)
{
	u64 v;

	if (!strcmp(text, "never")) {
		*value = SIM_NEVER;
		return 0;
	}
	if (!strcmp(text, "ms"))
		return fail(c, "how many milliseconds?");
	if (text[strspn(text, "0123456789")])
		return fail(c, "'%s': milliseconds, or never", text);
	if (number(c, text, INT32_MAX, &v))
		return -EINVAL;
	*value = v;
	return 0;
}

static int one_of(struct call *c, const char *yes, const char *no, bool *value)
{
	if (!strcmp(c->argv[0], yes) || !strcmp(c->argv[0], "1"))
		*value = true;
	else if (!strcmp(c->argv[0], no) || !strcmp(c->argv[0], "0"))
		*value = false;
	else
		return fail(c, "'%s': say %s or %s", c->argv[0], yes, no);
	return 0;
}

static void add_delay(struct json_object *o, const char *key, s64 v)
{
	if (v == SIM_NEVER)
		add_text(o, key, "never");
	else if (v == SIM_FOLLOW)
		add_text(o, key, "follow");
	else
		add_u64(o, key, v);
}

static int do_status(struct call *c)
{
	const struct sim *s = c->sim;
	struct sim_messages messages = cohmem_sim_config_messages(&s->config);
	struct json_object *o = c->reply, *will = json_object_new_object();
	char text[32];

	add_text(o, "model", s->model->name);
	snprintf(text, sizeof(text), "%04x:%04x",
		 sim_get16(s->config.byte, PCI_VENDOR_ID),
		 sim_get16(s->config.byte, PCI_DEVICE_ID));
	add_text(o, "device", text);
	add_u64(o, "hbm_size", s->hbm.size);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)s->mem_base);
	add_text(o, "mem_base", text);
	add_u64(o, "egm_size", s->egm.size);
	add_text(o, "addressing", s->hpa ? "hpa" : "offset");
	add_bool(o, "client", s->wire);
	add_bool(o, "removed", s->removed);
	add_bool(o, "ready", cohmem_sim_ready(s));
	add_bool(o, "link_up", cohmem_sim_link_up(s));
	add_bool(o, "trained", cohmem_sim_trained(s));
	add_bool(o, "cleared", cohmem_sim_cleared(s));
	add_text(o, "clock", s->clock.frozen ? "frozen" : "running");
	add_u64(o, "since_reset_ms", cohmem_sim_since_reset_ms(s));
	add_text(o, "power", cohmem_sim_config_in_d3(&s->config) ? "D3hot" :
								   "D0");
	add_bool(o, "memory_enable", cohmem_sim_config_memory_on(&s->config));
	add_bool(o, "bus_master", cohmem_sim_config_master_on(&s->config));
	add_bool(o, "msix", messages.nr && messages.msix);
	add_bool(o, "msi", messages.nr && !messages.msix);
	add_bool(o, "nosoftrst", cohmem_sim_config_nosoftrst(&s->config));
	add_bool(o, "engine_busy", s->engine.state != SIM_ENGINE_IDLE);
	add_u64(o, "dma_maps", s->dma.nr);
	add_u64(o, "poison_ranges", s->hbm.nr_poison);
	add_u64(o, "watched_ranges", s->hbm.nr_watch);
	add_u64(o, "touched_early", s->count.touched_early +
		cohmem_sim_hbm_touched(&s->hbm));
	add_delay(will, "link_ms", s->will.link_ms);
	add_delay(will, "train_ms", s->will.train_ms);
	add_delay(will, "clear_ms", s->will.clear_ms);
	add_delay(will, "silent_ms", s->will.silent_ms);
	add_bool(will, "rrs", s->will.rrs);
	add_delay(will, "cxl_info_valid", s->will.cxl[0].info_ms);
	add_delay(will, "cxl_active", s->will.cxl[0].active_ms);
	add_u64(will, "cxl_timeout", s->will.cxl[0].timeout);
	if (s->config.nr_cxl_ranges > 1) {
		add_delay(will, "cxl2_info_valid", s->will.cxl[1].info_ms);
		add_delay(will, "cxl2_active", s->will.cxl[1].active_ms);
		add_u64(will, "cxl2_timeout", s->will.cxl[1].timeout);
		add_u64(will, "cxl2_size", s->will.cxl[1].size);
	}
	add_text(will, "link", s->will.link_down ? "down" : "up");
	add_text(will, "train", s->will.train_stuck ? "stuck" : "ok");
	add_bool(will, "memory_ready", !s->will.withheld);
	add_bool(will, "reset_clears", s->will.clears);
	json_object_object_add(o, "set", will);
	return 0;
}

static int do_counters(struct call *c)
{
	struct json_object *o = c->reply, *resets = json_object_new_object();
	const struct sim_counters *n = &c->sim->count;
	u64 total = 0;
	unsigned int i;

	cohmem_sim_tick(c->sim);
	for (i = 0; i < SIM_NR_RESETS; i++) {
		add_u64(resets, cohmem_sim_reset_name(i), n->resets[i]);
		total += n->resets[i];
	}
	add_u64(resets, "total", total);
	json_object_object_add(o, "resets", resets);
	add_u64(o, "to_d3", n->to_d3);
	add_u64(o, "config_reads", n->config_reads);
	add_u64(o, "config_writes", n->config_writes);
	add_u64(o, "bar_reads", n->bar_reads);
	add_u64(o, "bar_writes", n->bar_writes);
	add_u64(o, "bar_refused", n->bar_refused);
	add_u64(o, "polls", n->polls);
	add_u64(o, "polls_not_ready", n->polls_not_ready);
	add_u64(o, "touched_early", n->touched_early);
	add_u64(o, "link_lost", n->link_lost);
	add_u64(o, "dma_jobs", n->dma_jobs);
	add_u64(o, "dma_failed", n->dma_failed);
	add_u64(o, "dma_bytes", n->dma_bytes);
	add_u64(o, "dma_not_ready", n->dma_not_ready);
	add_u64(o, "dma_poison", n->dma_poison);
	add_u64(o, "irqs", n->irqs);
	add_u64(o, "irqs_lost", n->irqs_lost);
	add_u64(o, "intx", n->intx);
	add_u64(o, "clients", n->clients);
	add_u64(o, "messages", n->messages);
	add_u64(o, "wire_errors", n->wire_errors);
	add_u64(o, "wire_drops", n->wire_drops);
	return 0;
}

static int do_reset_counters(struct call *c)
{
	memset(&c->sim->count, 0, sizeof(c->sim->count));
	return 0;
}

static int do_link_ms(struct call *c)
{
	return delay(c, c->argv[0], &c->sim->will.link_ms);
}

static int do_train_ms(struct call *c)
{
	return delay(c, c->argv[0], &c->sim->will.train_ms);
}

static int do_clear_ms(struct call *c)
{
	return delay(c, c->argv[0], &c->sim->will.clear_ms);
}

static int do_silent_ms(struct call *c)
{
	u64 v;

	if (number(c, c->argv[0], INT32_MAX, &v))
		return -EINVAL;
	c->sim->will.silent_ms = v;
	return 0;
}

static int do_rrs(struct call *c)
{
	return one_of(c, "yes", "no", &c->sim->will.rrs);
}

static int need_ranges(struct call *c, unsigned int nr)
{
	if (c->sim->config.nr_cxl_ranges >= nr)
		return 0;
	return fail(c, nr > 1 ? "no second range in a CXL DVSEC: run --cxl-range2" :
				"this model has no memory in a CXL DVSEC");
}

static int cxl_delay(struct call *c, unsigned int range, s64 *to)
{
	if (need_ranges(c, range + 1))
		return -EINVAL;
	if (!strcmp(c->argv[0], "follow")) {
		*to = SIM_FOLLOW;
		return 0;
	}
	if (c->argc > 1 && strcmp(c->argv[0], "ms"))
		return fail(c, "what is '%s'?", c->argv[1]);
	return delay(c, c->argv[c->argc - 1], to);
}

static int do_cxl_info(struct call *c)
{
	return cxl_delay(c, 0, &c->sim->will.cxl[0].info_ms);
}

static int do_cxl2_info(struct call *c)
{
	return cxl_delay(c, 1, &c->sim->will.cxl[1].info_ms);
}

static int do_cxl_active(struct call *c)
{
	return cxl_delay(c, 0, &c->sim->will.cxl[0].active_ms);
}

static int do_cxl2_active(struct call *c)
{
	return cxl_delay(c, 1, &c->sim->will.cxl[1].active_ms);
}

static int cxl_timeout(struct call *c, unsigned int range)
{
	u64 v;

	if (number(c, c->argv[0], 7, &v))
		return -EINVAL;
	c->sim->will.cxl[range].timeout = v;
	return 0;
}

static int do_cxl_timeout(struct call *c)
{
	return cxl_timeout(c, 0);
}

static int do_cxl2_timeout(struct call *c)
{
	return need_ranges(c, 2) ? -EINVAL : cxl_timeout(c, 1);
}

static int do_cxl2_size(struct call *c)
{
	u64 v;

	if (need_ranges(c, 2) || number(c, c->argv[0], INT64_MAX, &v))
		return -EINVAL;
	if (!cohmem_sim_cxl_size(c->sim, v))
		return fail(c, "a multiple of 256M, less than all the memory");
	return 0;
}

static int do_clock_freeze(struct call *c)
{
	cohmem_sim_clock_freeze(&c->sim->clock, c->sim->now_ns);
	return 0;
}

static int do_clock_advance(struct call *c)
{
	s64 ms;

	if (delay(c, c->argv[0], &ms))
		return -EINVAL;
	if (ms < 0)
		return fail(c, "how many milliseconds?");
	cohmem_sim_clock_advance(&c->sim->clock, ms);
	return 0;
}

static int do_clock_run(struct call *c)
{
	cohmem_sim_clock_run(&c->sim->clock);
	return 0;
}

static int do_link(struct call *c)
{
	return one_of(c, "down", "up", &c->sim->will.link_down);
}

static int do_train(struct call *c)
{
	return one_of(c, "stuck", "ok", &c->sim->will.train_stuck);
}

static int do_memory_ready(struct call *c)
{
	bool ready = true;

	if (one_of(c, "yes", "no", &ready))
		return -EINVAL;
	c->sim->will.withheld = !ready;
	return 0;
}

static int do_reset_clears(struct call *c)
{
	return one_of(c, "yes", "no", &c->sim->will.clears);
}

static int do_nosoftrst(struct call *c)
{
	bool on = true;

	if (one_of(c, "on", "off", &on))
		return -EINVAL;
	cohmem_sim_config_set_nosoftrst(&c->sim->config, on);
	return 0;
}

static int do_defaults(struct call *c)
{
	c->sim->will = c->sim->initial;
	cohmem_sim_clock_run(&c->sim->clock);
	cohmem_sim_config_set_nosoftrst(&c->sim->config, true);
	c->sim->hbm.nr_poison = 0;
	cohmem_sim_hbm_unwatch(&c->sim->hbm);
	return 0;
}

static int do_aer(struct call *c)
{
	unsigned int i, nr = c->argc;
	bool notify = nr > 1 && !strcmp(c->argv[nr - 1], "notify"), correctable;

	nr -= notify;
	for (i = 0; i < nr; i++)
		if (!cohmem_sim_aer_bit(c->argv[i], &correctable))
			return fail(c, "no error '%s'; see cohmem-sim(1)",
				    c->argv[i]);
	/* All of them, the first one first, before anybody can look. */
	for (i = 0; i < nr; i++) {
		u32 bit = cohmem_sim_aer_bit(c->argv[i], &correctable);

		cohmem_sim_aer_raise(&c->sim->config, bit, correctable);
	}
	if (notify && cohmem_sim_irq_error(c->sim))
		return fail(c, "logged, but the client takes no error interrupt");
	return 0;
}

static int do_remove(struct call *c)
{
	if (c->argc && strcmp(c->argv[0], "drop"))
		return fail(c, "what is '%s'?", c->argv[0]);
	cohmem_sim_remove(c->sim);
	c->server->drop = c->argc;
	return 0;
}

static int do_restore(struct call *c)
{
	cohmem_sim_restore(c->sim);
	return 0;
}

static int do_poison_add(struct call *c)
{
	u64 pos, len;
	int err;

	if (number(c, c->argv[0], INT64_MAX, &pos) ||
	    number(c, c->argv[1], INT64_MAX, &len))
		return -EINVAL;
	err = cohmem_sim_hbm_poison(&c->sim->hbm, pos, len);
	if (err)
		return fail(c, "cannot poison that: %s", strerror(-err));
	return 0;
}

static int do_poison_list(struct call *c)
{
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < c->sim->hbm.nr_poison; i++) {
		struct json_object *o = json_object_new_object();

		add_u64(o, "offset", c->sim->hbm.poison[i].start);
		add_u64(o, "length", c->sim->hbm.poison[i].len);
		json_object_array_add(list, o);
	}
	json_object_object_add(c->reply, "poison", list);
	return 0;
}

static int do_poison_clear(struct call *c)
{
	c->sim->hbm.nr_poison = 0;
	return 0;
}

static int do_watch_add(struct call *c)
{
	u64 pos, len;
	int err;

	if (number(c, c->argv[0], INT64_MAX, &pos) ||
	    number(c, c->argv[1], INT64_MAX, &len))
		return -EINVAL;
	err = cohmem_sim_hbm_watch(&c->sim->hbm, pos, len);
	if (err)
		return fail(c, "cannot watch that: %s", strerror(-err));
	return 0;
}

static int do_watch_clear(struct call *c)
{
	cohmem_sim_hbm_unwatch(&c->sim->hbm);
	return 0;
}

static int do_irq(struct call *c)
{
	u64 vector;

	if (!strcmp(c->argv[0], "intx")) {
		if (cohmem_sim_irq_intx(c->sim, true))
			return fail(c, "INTA is up, but nobody listens");
		return 0;
	}
	if (number(c, c->argv[0], SIM_NR_MSI - 1, &vector))
		return -EINVAL;
	switch (cohmem_sim_irq_fire(c->sim, vector)) {
	case 0:
		return 0;
	case -EAGAIN:
		return fail(c, "vector %u is masked, and pending now",
			    (unsigned int)vector);
	case -EINVAL:
		return fail(c, "there is no vector %u", (unsigned int)vector);
	default:
		return fail(c, "vector %u: MSI-X and MSI are off, or nobody listens",
			    (unsigned int)vector);
	}
}

static int do_help(struct call *c);

static const struct command {
	const char *words;		/* one or two, by which it is known */
	unsigned int min, max;		/* arguments */
	int (*run)(struct call *c);
	const char *args, *help;
} commands[] = {
	{ "help", 0, 0, do_help, "", "this list" },
	{ "status", 0, 0, do_status, "", "what it is and how it stands" },
	{ "counters", 0, 0, do_counters, "", "what happened so far" },
	{ "reset-counters", 0, 0, do_reset_counters, "", "all counters to 0" },
	{ "defaults", 0, 0, do_defaults, "",
	  "undo all set, poison and watch commands" },
	{ "set link-ms", 1, 1, do_link_ms, "N|never",
	  "link training after a reset" },
	{ "set train-ms", 1, 1, do_train_ms, "N|never",
	  "memory training after a reset" },
	{ "set clear-ms", 1, 1, do_clear_ms, "N|never",
	  "until hardware says that its memory is clear" },
	{ "set silent-ms", 1, 1, do_silent_ms, "N",
	  "answer all-ones for so long after a reset" },
	{ "set rrs", 1, 1, do_rrs, "yes|no",
	  "meanwhile the vendor id is 0001, and not all-ones" },
	{ "set link", 1, 1, do_link, "down|up", "chip-to-chip link" },
	{ "set train", 1, 1, do_train, "stuck|ok", "memory training" },
	{ "set memory-ready", 1, 1, do_memory_ready, "yes|no",
	  "withdraw readiness without a reset, or give it back" },
	{ "set cxl-info-valid", 1, 2, do_cxl_info, "[ms] N|never|follow",
	  "MEM_INFO_VALID after a reset" },
	{ "set cxl-active", 1, 2, do_cxl_active, "[ms] N|never|follow",
	  "MEM_ACTIVE after a reset" },
	{ "set cxl-timeout", 1, 1, do_cxl_timeout, "CODE",
	  "Memory_Active_Timeout: 0 to 4 are 1, 4, 16, 64, 256 s" },
	{ "set cxl2-info-valid", 1, 2, do_cxl2_info, "[ms] N|never|follow",
	  "the same for the second range" },
	{ "set cxl2-active", 1, 2, do_cxl2_active, "[ms] N|never|follow",
	  "the same for the second range" },
	{ "set cxl2-timeout", 1, 1, do_cxl2_timeout, "CODE",
	  "the same for the second range" },
	{ "set cxl2-size", 1, 1, do_cxl2_size, "SIZE",
	  "memory of the second range; 0: it is empty" },
	{ "set nosoftrst", 1, 1, do_nosoftrst, "1|0",
	  "D3hot to D0 keeps the state, or resets" },
	{ "set reset-clears", 1, 1, do_reset_clears, "yes|no",
	  "a reset clears the coherent memory" },
	{ "clock freeze", 0, 0, do_clock_freeze, "", "time stands still" },
	{ "clock advance", 1, 1, do_clock_advance, "N",
	  "so many milliseconds are over at once" },
	{ "clock run", 0, 0, do_clock_run, "", "time goes on" },
	{ "aer", 1, 9, do_aer, "ERROR... [notify]",
	  "log errors; notify: also signal VFIO's error interrupt" },
	{ "remove", 0, 1, do_remove, "[drop]",
	  "surprise removal; drop: also hang up on the client" },
	{ "restore", 0, 0, do_restore, "", "undo remove: power on" },
	{ "poison add", 2, 2, do_poison_add, "OFFSET LENGTH",
	  "the engine fails on this memory" },
	{ "poison list", 0, 0, do_poison_list, "", "what is poisoned" },
	{ "poison clear", 0, 0, do_poison_clear, "", "nothing is" },
	{ "watch add", 2, 2, do_watch_add, "OFFSET LENGTH",
	  "count CPU accesses while not ready (touched_early)" },
	{ "watch clear", 0, 0, do_watch_clear, "", "watch nothing" },
	{ "mem read", 2, 2, cohmem_sim_do_mem_read, "OFFSET LENGTH",
	  "bytes of the coherent memory" },
	{ "mem write", 2, 2, cohmem_sim_do_mem_write, "OFFSET HEX", "change some" },
	{ "mem crc", 2, 2, cohmem_sim_do_mem_crc, "OFFSET LENGTH", "CRC32 of some" },
	{ "egm read", 2, 2, cohmem_sim_do_egm_read, "OFFSET LENGTH", "bytes of the EGM" },
	{ "egm write", 2, 2, cohmem_sim_do_egm_write, "OFFSET HEX", "change some" },
	{ "config read", 2, 2, cohmem_sim_do_config_read, "OFFSET LENGTH",
	  "bytes of config space, as the function holds them" },
	{ "irq", 1, 1, do_irq, "VECTOR|intx",
	  "signal a vector of MSI-X or MSI, or raise INTA" },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static int do_help(struct call *c)
{
	struct json_object *list = json_object_new_array();
	char line[256];
	unsigned int i;

	for (i = 0; i < NR_COMMANDS; i++) {
		snprintf(line, sizeof(line), "%s%s%s: %s", commands[i].words,
			 *commands[i].args ? " " : "", commands[i].args,
			 commands[i].help);
		json_object_array_add(list, json_object_new_string(line));
	}
	json_object_object_add(c->reply, "commands", list);
	return 0;
}

/* How many of the words the command is known by; 0 if it is another. */
static unsigned int match(const struct command *cmd, char **word,
			  unsigned int nr)
{
	const char *space = strchr(cmd->words, ' ');
	size_t first = space ? space - cmd->words : strlen(cmd->words);

	if (strlen(word[0]) != first || strncmp(word[0], cmd->words, first))
		return 0;
	if (!space)
		return 1;
	return nr > 1 && !strcmp(word[1], space + 1) ? 2 : 0;
}

static int dispatch(struct call *c, char **word, unsigned int nr)
{
	unsigned int i, used;

	for (i = 0; i < NR_COMMANDS; i++) {
		const struct command *cmd = &commands[i];

		used = match(cmd, word, nr);
		if (!used)
			continue;
		c->argc = nr - used;
		c->argv = word + used;
		if (c->argc < cmd->min || c->argc > cmd->max)
			return fail(c, "usage: %s%s%s", cmd->words,
				    *cmd->args ? " " : "", cmd->args);
		return cmd->run(c);
	}
	return fail(c, "unknown command '%s'; try 'help'", word[0]);
}

/**
 * cohmem_sim_command() - run one command
 * @v: the server
 * @client: who asks
 * @line: the command, no line feed; taken apart
 * Return: the reply, or NULL without memory. Where @client->reply is set now, the
 * command goes on and that will be its reply.
 */
struct json_object *cohmem_sim_command(struct sim_server *v,
				       struct sim_control_client *client,
				       char *line)
{
	struct call c = { .server = v, .sim = v->sim, .client = client };
	char *word[MAX_WORDS], *save;
	unsigned int nr = 0;
	bool ok;
	char *w;

	c.reply = json_object_new_object();
	if (!c.reply)
		return NULL;
	/* First in the line, whatever else is added. */
	json_object_object_add(c.reply, "ok", json_object_new_boolean(true));
	for (w = strtok_r(line, " \t\r", &save); w && nr < MAX_WORDS;
	     w = strtok_r(NULL, " \t\r", &save))
		word[nr++] = w;
	if (w)
		ok = !fail(&c, "too many words");
	else if (!nr)
		ok = !fail(&c, "no command; try 'help'");
	else
		ok = !dispatch(&c, word, nr);
	if (!ok)
		json_object_object_add(c.reply, "ok",
				       json_object_new_boolean(false));
	cohmem_sim_tick(v->sim);
	return c.reply;
}
