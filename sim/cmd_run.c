// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-sim run */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "regs.h"
#include "server.h"

static const char help[] =
"Usage: cohmem-sim run --model MODEL --mem FILE --socket PATH [OPTION...]\n"
"\n"
"Emulate a superchip until SIGTERM. Prints one line beginning with 'ready'\n"
"once QEMU can connect.\n"
"\n"
"  --model MODEL      what to emulate; see 'cohmem-sim models'\n"
"  --mem FILE         the coherent memory: a sparse file, made if absent, that\n"
"                     QEMU maps too (memory-backend-file,share=on)\n"
"  --hbm SIZE         its size (the model's default: 96G)\n"
"  --mem-base ADDR    where QEMU puts it (0x1000000000); for status only\n"
"  --socket PATH      vfio-user socket to listen on\n"
"  --control PATH     control socket for 'cohmem-sim ctl'\n"
"  --device-id ID     PCI device id instead of the model's\n"
"  --config FILE      config space of a real part (lspci -xxxx) instead of the\n"
"                     model's capabilities and ids\n"
"  --addressing WORD  the engine's addresses of coherent memory: offset, or hpa\n"
"                     as GB200 has it (offset)\n"
"  --link-ms N        chip-to-chip link trains for N ms after a reset (20)\n"
"  --train-ms N       memory trains for N ms after a reset (50)\n"
"  --bar0-size SIZE   size of BAR0 (the model's)\n"
"  --real-bar2 SIZE   size of the real BAR2, 0 for none (the model's)\n"
"  --real-bar4 SIZE   the same of BAR4\n"
"  --cxl-range2 SIZE  the CXL DVSEC has two ranges; so much of the memory, or 0,\n"
"                     is the second's\n"
"  --no-msix          interrupts by INTA only (see cohmem-sim(1))\n"
"  --any-file         DMA to any file of the client's, not only to memory: it\n"
"                     may keep the emulator waiting\n"
"  --record FILE      write down the control commands that come, with their time\n"
"  --replay FILE      run the commands of such a file at their time\n"
"  --log FILE         write the log there instead of standard error\n"
"  -v, --verbose      log every message\n"
"  --once             exit when the client disconnects\n"
"  -h, --help         this text\n";

struct run {
	struct sim_setup setup;
	const char *model, *socket, *control, *log, *record, *replay;
	s64 link_ms, train_ms;
	u64 device_id;
	bool has_id, has_hbm, has_bar[6], verbose, once;
};

enum { OPT_MODEL = 256, OPT_MEM, OPT_HBM, OPT_BASE, OPT_SOCKET, OPT_CONTROL,
       OPT_ID, OPT_LINK, OPT_TRAIN, OPT_BAR0, OPT_BAR2, OPT_BAR4, OPT_LOG,
       OPT_ONCE, OPT_NO_MSIX, OPT_RANGE2, OPT_ANY_FILE, OPT_CONFIG,
       OPT_RECORD, OPT_REPLAY, OPT_ADDRESSING };

static const struct option options[] = {
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "hbm", required_argument, NULL, OPT_HBM },
	{ "mem-base", required_argument, NULL, OPT_BASE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "device-id", required_argument, NULL, OPT_ID },
	{ "link-ms", required_argument, NULL, OPT_LINK },
	{ "train-ms", required_argument, NULL, OPT_TRAIN },
	{ "bar0-size", required_argument, NULL, OPT_BAR0 },
	{ "real-bar2", required_argument, NULL, OPT_BAR2 },
	{ "real-bar4", required_argument, NULL, OPT_BAR4 },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "no-msix", no_argument, NULL, OPT_NO_MSIX },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "addressing", required_argument, NULL, OPT_ADDRESSING },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "replay", required_argument, NULL, OPT_REPLAY },
	{ "any-file", no_argument, NULL, OPT_ANY_FILE },
	{ "cxl-range2", required_argument, NULL, OPT_RANGE2 },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static bool power_of_two(u64 n)
{
	return n && !(n & (n - 1));
}

static int bar_size(const char *name, u64 size, bool zero_ok)
{
	if ((!size && zero_ok) || (power_of_two(size) && size >= 4096 &&
				   size <= COHMEM_REGION_SIZE_MAX))
		return 0;
	return cohmem_sim_usage_error("run",
		"%s: a BAR's size is a power of two, 4K to 1T", name);
}

static int one_option(struct run *r, int opt)
{
	u64 value = 0, *to = NULL;
	unsigned int bar;

	switch (opt) {
	case OPT_MODEL:
		r->model = optarg;
		return 0;
	case OPT_MEM:
		r->setup.hbm_path = optarg;
		return 0;
	case OPT_SOCKET:
		r->socket = optarg;
		return 0;
	case OPT_CONTROL:
		r->control = optarg;
		return 0;
	case OPT_ADDRESSING:
		r->setup.hpa = !strcmp(optarg, "hpa");
		if (!r->setup.hpa && strcmp(optarg, "offset"))
			return cohmem_sim_usage_error("run",
					"--addressing: offset or hpa");
		return 0;
	case OPT_RECORD:
		r->record = optarg;
		return 0;
	case OPT_REPLAY:
		r->replay = optarg;
		return 0;
	case OPT_CONFIG:
		r->setup.dump = optarg;
		return 0;
	case OPT_LOG:
		r->log = optarg;
		return 0;
	case OPT_NO_MSIX:
		r->setup.no_msix = true;
		return 0;
	case OPT_ANY_FILE:
		r->setup.any_file = true;
		return 0;
	case OPT_ONCE:
		r->once = true;
		return 0;
	case 'v':
		r->verbose = true;
		return 0;
	case OPT_HBM:
		r->has_hbm = true;
		to = &r->setup.hbm_size;
		break;
	case OPT_RANGE2:
		r->setup.cxl_two_ranges = true;
		to = &r->setup.cxl_range2;
		break;
	case OPT_BASE:
		to = &r->setup.mem_base;
		break;
	case OPT_ID:
		r->has_id = true;
		to = &r->device_id;
		break;
	case OPT_LINK:
		to = (u64 *)&r->link_ms;
		break;
	case OPT_TRAIN:
		to = (u64 *)&r->train_ms;
		break;
	case OPT_BAR0:
	case OPT_BAR2:
	case OPT_BAR4:
		bar = opt == OPT_BAR0 ? 0 : opt == OPT_BAR2 ? 2 : 4;
		r->has_bar[bar] = true;
		to = &r->setup.bar_size[bar];
		break;
	default:
		return SIM_EXIT_USAGE;
	}
	if (cohmem_sim_parse_size(optarg, &value) || value > INT64_MAX)
		return cohmem_sim_usage_error("run", "'%s' is no number",
					      optarg);
	*to = value;
	return 0;
}

static int settle(struct run *r)
{
	const struct sim_model *m = cohmem_sim_need_model("run", r->model);
	unsigned int i;
	int code;

	if (!m)
		return SIM_EXIT_USAGE;
	if (!r->setup.hbm_path || !r->socket)
		return cohmem_sim_usage_error("run", "%s is missing",
				r->socket ? "--mem" : "--socket");
	r->setup.model = m;
	if (!r->has_hbm)
		r->setup.hbm_size = m->hbm_size;
	for (i = 0; i < 6; i++)
		if (!r->has_bar[i])
			r->setup.bar_size[i] = m->real_bar[i];
	if (r->has_id && r->device_id > 0xffff)
		return cohmem_sim_usage_error("run", "--device-id: 16 bits");
	r->setup.device_id = r->has_id ? r->device_id : m->device_id;
	if (!r->setup.hbm_size || r->setup.hbm_size % SIM_HBM_PAGE)
		return cohmem_sim_usage_error("run",
				"--hbm: a multiple of 4K, more than 0");
	if (r->setup.cxl_two_ranges && !m->cxl_dvsec)
		return cohmem_sim_usage_error("run",
				"--cxl-range2: model %s has no CXL DVSEC",
				m->name);
	if (m->cxl_dvsec && r->setup.hbm_size % (256 << 20))
		return cohmem_sim_usage_error("run",
				"--hbm: the CXL DVSEC knows multiples of 256M");
	if (!r->setup.no_msix && r->setup.bar_size[0] < SIM_MSIX_BAR0_SIZE)
		return cohmem_sim_usage_error("run",
				"--bar0-size: MSI-X needs 4M; or give --no-msix");
	if (r->setup.cxl_range2 % (256 << 20) ||
	    r->setup.cxl_range2 >= r->setup.hbm_size)
		return cohmem_sim_usage_error("run",
				"--cxl-range2: a multiple of 256M, less than --hbm");
	code = bar_size("--bar0-size", r->setup.bar_size[0], false);
	if (!code)
		code = bar_size("--real-bar2", r->setup.bar_size[2], true);
	if (!code)
		code = bar_size("--real-bar4", r->setup.bar_size[4], true);
	return code;
}

static int failed(const char *what, int err)
{
	fprintf(stderr, "cohmem-sim: %s: %s\n", what, strerror(-err));
	if (err == -EADDRINUSE)
		fputs("Another cohmem-sim serves this socket; stop it or choose "
		      "another path.\n", stderr);
	if (err == -EBUSY)
		fputs("Another cohmem-sim has this memory; stop it or choose "
		      "another file.\n", stderr);
	if (err == -EEXIST)
		fputs("It exists and is not what is needed (a file of another "
		      "size, or no socket); remove it.\n", stderr);
	return SIM_EXIT_FAILURE;
}

static int serve(struct run *r, struct sim *s)
{
	static struct sim_script script;
	struct sim_server v;
	int err;

	err = cohmem_sim_script_open(&script, r->record, r->replay,
				     cohmem_sim_clock_ns(&s->clock));
	if (err) {
		cohmem_sim_script_close(&script);
		return failed(r->replay && (!r->record || script.to) ?
			      r->replay : r->record, err);
	}
	err = cohmem_sim_server_open(&v, s, r->socket, r->control, &script);
	if (err) {
		int code = failed(v.socket_path ? r->control : r->socket, err);

		cohmem_sim_server_close(&v);
		cohmem_sim_script_close(&script);
		return code;
	}
	v.once = r->once;
	printf("ready model=%s device=10de:%04x hbm=%llu mem=%s socket=%s\n",
	       s->model->name, r->setup.device_id,
	       (unsigned long long)s->hbm.size, r->setup.hbm_path, r->socket);
	fflush(stdout);
	err = cohmem_sim_server_run(&v);
	cohmem_sim_server_close(&v);
	cohmem_sim_script_close(&script);
	return err ? failed("poll", err) : 0;
}

/**
 * cohmem_sim_cmd_run() - cohmem-sim run
 * @argc: arguments, the command's name first
 * @argv: the same
 * Return: exit code.
 */
int cohmem_sim_cmd_run(int argc, char **argv)
{
	struct run r = {
		.setup = { .mem_base = 0x1000000000ULL },
		.link_ms = SIM_FOLLOW, .train_ms = SIM_FOLLOW,
	};
	const char *why = NULL;
	FILE *log = NULL;
	struct sim *s;
	int opt, code, err;

	while ((opt = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 0;
		}
		code = one_option(&r, opt);
		if (code)
			return code;
	}
	if (optind < argc)
		return cohmem_sim_usage_error("run", "what is '%s'?",
					      argv[optind]);
	code = settle(&r);
	if (code)
		return code;
	if (r.log) {
		log = fopen(r.log, "a");
		if (!log)
			return failed(r.log, -errno);
	}
	s = malloc(sizeof(*s));
	err = s ? cohmem_sim_init(s, &r.setup, &why) : -ENOMEM;
	if (err && why) {
		fprintf(stderr, "cohmem-sim: config space: %s\n", why);
		code = SIM_EXIT_FAILURE;
	} else if (err) {
		code = failed(r.setup.hbm_path, err);
	} else {
		if (log)
			s->log = log;
		s->verbose = r.verbose || r.log;
		if (r.link_ms != SIM_FOLLOW)
			s->will.link_ms = r.link_ms;
		if (r.train_ms != SIM_FOLLOW)
			s->will.train_ms = r.train_ms;
		s->initial = s->will;
		code = serve(&r, s);
		cohmem_sim_fini(s);
	}
	free(s);
	if (log)
		fclose(log);
	return code;
}
