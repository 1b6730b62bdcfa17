// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket as people, programs and a serial port use it, and the
 * program's own command line.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.h"

static int start_only(void **state)
{
	*state = sim_start("gh200", NULL);
	return 0;
}

static int control(struct sim_proc *p)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(un.sun_path, p->ctl);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

/* One line, without its line feed; NULL where none comes in time. */
static char *line(int fd, char *buf, size_t room)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	size_t have = 0;

	while (have < room - 1 && poll(&pfd, 1, 3000) == 1) {
		if (recv(fd, buf + have, 1, 0) != 1)
			return NULL;
		if (buf[have] == '\n') {
			buf[have] = 0;
			return buf;
		}
		have++;
	}
	return NULL;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void lines_as_a_serial_port_sends_them(void **state)
{
	struct sim_proc *p = *state;
	static char buf[65536];
	const char *slow = "set link-ms 33\r\n";
	int fd = control(p);
	size_t i;

	/* In pieces, with carriage returns, with empty lines between. */
	for (i = 0; i < strlen(slow); i++) {
		assert_int_equal(send(fd, slow + i, 1, 0), 1);
		sleep_ms(1);
	}
	assert_string_equal(line(fd, buf, sizeof(buf)), "{\"ok\":true}");
	say(fd, "\r\n\n   \r\n\tset  train-ms   44  \r\n");
	assert_string_equal(line(fd, buf, sizeof(buf)), "{\"ok\":true}");
	/* Several at once: as many answers, in order. */
	say(fd, "status\nnonsense\nreset-counters\nmem read 0 2\n");
	assert_non_null(strstr(line(fd, buf, sizeof(buf)), "\"link_ms\":33,\"train_ms\":44"));
	assert_non_null(strstr(line(fd, buf, sizeof(buf)), "\"ok\":false"));
	assert_string_equal(line(fd, buf, sizeof(buf)), "{\"ok\":true}");
	assert_string_equal(line(fd, buf, sizeof(buf)),
			    "{\"ok\":true,\"hex\":\"0000\"}");
	/* Silent for a while, then there again. */
	sleep_ms(300);
	say(fd, "status\n");
	assert_non_null(line(fd, buf, sizeof(buf)));
	close(fd);
}

static void line_without_end(void **state)
{
	struct sim_proc *p = *state;
	static char buf[300000], reply[65536];
	int fd = control(p);

	memset(buf, 'x', sizeof(buf) - 1);
	say(fd, buf);
	say(fd, "\nstatus\n");
	assert_non_null(strstr(line(fd, reply, sizeof(reply)), "too long"));
	assert_non_null(strstr(line(fd, reply, sizeof(reply)), "\"ok\":true"));
	close(fd);
	/* Bytes that are no text. */
	fd = control(p);
	assert_int_equal(send(fd, "\0\1\2\377status\n", 11, 0), 11);
	assert_non_null(line(fd, reply, sizeof(reply)));
	say(fd, "status\n");
	assert_non_null(strstr(line(fd, reply, sizeof(reply)), "\"ok\":"));
	close(fd);
}

static void many_clients(void **state)
{
	struct sim_proc *p = *state;
	static char buf[65536];
	int fd[16], extra, i;

	for (i = 0; i < 16; i++) {
		fd[i] = control(p);
		say(fd[i], "status\n");
		assert_non_null(line(fd[i], buf, sizeof(buf)));
	}
	/* One more is turned away, not the others. */
	extra = control(p);
	assert_null(line(extra, buf, sizeof(buf)));
	close(extra);
	for (i = 0; i < 16; i++) {
		say(fd[i], "status\n");
		assert_non_null(line(fd[i], buf, sizeof(buf)));
		close(fd[i]);
	}
	sleep_ms(20);
	ctl_ok(p, "status");
}

static void client_that_never_reads(void **state)
{
	struct sim_proc *p = *state;
	int fd = control(p), i;

	for (i = 0; i < 20000; i++)
		if (send(fd, "help\n", 5, MSG_NOSIGNAL | MSG_DONTWAIT) != 5)
			break;
	assert_true(i < 20000);		/* held up itself */
	ctl_ok(p, "status");
	close(fd);
	ctl_ok(p, "status");
}

static void words_that_make_no_sense(void **state)
{
	static const char * const bad[] = {
		"x", "set", "set link", "set link sideways", "set link-ms",
		"set link-ms -1", "set link-ms 1 2", "set link-ms 99999999999",
		"set train maybe", "set cxl-timeout 8", "set nosoftrst 2",
		"set cxl-active 5",	/* gh200 has no CXL DVSEC */
		"set cxl2-active 5", "set cxl2-timeout 1", "set cxl2-size 0",
		"aer", "aer sometimes", "aer fatal loudly", "remove slowly",
		"poison", "poison add", "poison add 0", "poison add 0 0",
		"poison add 0x4000000 1", "poison add 0 0x4000001",
		"poison add 18446744073709551615 1", "watch add 1 4096",
		"watch add 0 100", "mem read 0 999999", "mem read 0x4000000 1",
		"mem write 0 xyz", "mem write 0 abc", "mem write 0",
		"mem write 0x3ffffff 0102", "mem crc 0 0x4000001", "irq",
		"irq 16", "irq -1", "a b c d e f g h i j k l m n o p q r s",
	};
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *reply = ctl(p, "%s", bad[i]);

		if (strncmp(reply, "{\"ok\":false,\"error\":\"", 21))
			fail_msg("'%s' got %s", bad[i], reply);
	}
}

static int start_ranges(void **state)
{
	const char *args[] = { "--cxl-range2", "0", NULL };

	*state = sim_start("next", args);
	wire_open(*state);
	return 0;
}

static void everything_in_help_works(void **state)
{
	static const char * const good[] = {
		"help", "status", "counters", "reset-counters", "defaults",
		"set link-ms 5", "set train-ms never", "set clear-ms 7",
		"set silent-ms 0", "set rrs no", "set link down", "set train stuck",
		"set memory-ready no", "set cxl-info-valid ms 3",
		"set cxl-active follow", "set cxl-timeout 4",
		"set cxl2-info-valid 3", "set cxl2-active ms 4",
		"set cxl2-timeout 0", "set cxl2-size 0", "set nosoftrst 1",
		"set reset-clears no", "aer correctable", "remove", "restore",
		"poison add 0 1", "poison list", "poison clear",
		"watch add 0 4K", "watch clear", "mem read 0 1",
		"mem write 0 00", "mem crc 0 1M", "config read 0x100 4",
		"clock freeze", "clock advance 7", "clock run",
	};
	struct sim_proc *p = *state;
	unsigned int i, listed;
	const char *at = ctl(p, "help");

	/* Strings of a list: one more than there are gaps between them. */
	for (listed = 1; (at = strstr(at, "\",\"")); at++)
		listed++;
	/* irq; and what needs EGM is in egm.c */
	assert_int_equal(listed, sizeof(good) / sizeof(good[0]) + 3);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ctl_ok(p, "%s", good[i]);
}

static void poison_has_room_and_an_end(void **state)
{
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < 256; i++)
		ctl_ok(p, "poison add %u 16", i * 4096);
	assert_non_null(strstr(ctl(p, "poison add 0 1"), "\"ok\":false"));
	assert_int_equal(ctl_number(p, "status", "poison_ranges"), 256);
	ctl_ok(p, "defaults");
	assert_int_equal(ctl_number(p, "status", "poison_ranges"), 0);
}

static void remove_drop_hangs_up(void **state)
{
	struct sim_proc *p = *state;

	wire_open(p);
	ctl_ok(p, "remove drop");
	assert_int_equal(wire_recv(p->fd, scratch()), 0);
	wire_close(p);
	wire_open(p);
	assert_int_equal(cfg_read(p->fd, 0, 4), 0xffffffff);
	ctl_ok(p, "restore");
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
}

static char out[65536];

static int program(const char *a, const char *b, const char *c, const char *d,
		   const char *e, const char *f, const char *g)
{
	const char *argv[] = { sim_program(), a, b, c, d, e, f, g, NULL };

	return run_program(argv, out, sizeof(out));
}

static void ctl_program(void **state)
{
	struct sim_proc *p = *state;

	assert_int_equal(program("ctl", "--control", p->ctl, "mem", "write",
				 "0x10", "beef"), 0);
	assert_int_equal(program("ctl", "--control", p->ctl, "mem", "read",
				 "0x10", "2"), 0);
	assert_string_equal(out, "{\"ok\":true,\"hex\":\"beef\"}\n");
	assert_int_equal(program("ctl", "--control", p->ctl, "nonsense", NULL,
				 NULL, NULL), 1);
	assert_non_null(strstr(out, "\"ok\":false"));
	assert_int_equal(program("ctl", "--control", p->ctl, NULL, NULL, NULL,
				 NULL), 2);
	assert_int_equal(program("ctl", "status", NULL, NULL, NULL, NULL, NULL),
			 2);
	assert_int_equal(program("ctl", "--control", "/nonexistent", "status",
				 NULL, NULL, NULL), 1);
}

static void command_line(void **state)
{
	static const char * const commands[] = { "run", "ssdt", "ctl", "models" };
	unsigned int i;

	assert_int_equal(program("--help", NULL, NULL, NULL, NULL, NULL, NULL), 0);
	for (i = 0; i < 4; i++)
		assert_non_null(strstr(out, commands[i]));
	assert_int_equal(program("--version", NULL, NULL, NULL, NULL, NULL,
				 NULL), 0);
	assert_true(!strncmp(out, "cohmem-sim ", 11));
	for (i = 0; i < 4; i++) {
		assert_int_equal(program(commands[i], "--help", NULL, NULL, NULL,
					 NULL, NULL), 0);
		assert_true(!strncmp(out, "Usage: cohmem-sim ", 18));
		assert_int_equal(program(commands[i], "--no-such-option", NULL,
					 NULL, NULL, NULL, NULL), 2);
	}
	assert_int_equal(program(NULL, NULL, NULL, NULL, NULL, NULL, NULL), 2);
	assert_int_equal(program("fly", NULL, NULL, NULL, NULL, NULL, NULL), 2);
	assert_int_equal(program("run", NULL, NULL, NULL, NULL, NULL, NULL), 2);
	assert_int_equal(program("run", "--model", "gh999", NULL, NULL, NULL,
				 NULL), 2);
	assert_int_equal(program("run", "--model", "gh200", "--mem", "/dev/zero",
				 "--socket", "/tmp/x"), 1);
	assert_int_equal(program("models", "--json", NULL, NULL, NULL, NULL,
				 NULL), 0);
	assert_non_null(strstr(out, "\"schema\""));
	assert_non_null(strstr(out, "\"gb300\""));
}

static void second_emulator_is_refused(void **state)
{
	struct sim_proc *p = *state;
	const char *argv[] = { sim_program(), "run", "--model", "gh200", "--hbm",
			       "64M", "--mem", p->hbm, "--socket", p->sock,
			       NULL };

	assert_int_equal(run_program(argv, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "stop it or choose another"));
	/* And the file of another size. */
	argv[5] = "32M";
	assert_int_equal(run_program(argv, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "remove it"));
	ctl_ok(p, "status");
}

static int ssdt(const char *announce)
{
	const char *argv[] = { sim_program(), "ssdt", "--model", "gh200",
			       "--hbm", "96G", "--mem-base", "0x1000000000",
			       "--path", "\\_SB_.PCI0.S10_.S00_", "--announce",
			       announce, NULL };

	return run_program(argv, out, sizeof(out));
}

static void ssdt_announces(void **state)
{
	static const struct { const char *word, *has, *lacks; } want[] = {
		{ "ok", "\"nvidia,gpu-mem-size\", 0x1800000000 }", NULL },
		{ "ok", "\"nvidia,gpu-mem-base-pa\", 0x1000000000 }", NULL },
		{ "ok", "\"nvidia,gpu-mem-pxm-count\", 0x8 }", "egm" },
		{ "ok", "Scope (\\_SB_.PCI0.S10_.S00_)", NULL },
		{ "ok", "daffd814-6eba-4d8c-8a91-bc9bbf4aa301", NULL },
		{ "link-down", "\"nvidia,gpu-mem-size\", 0x0 }", NULL },
		{ "base-zero", "\"nvidia,gpu-mem-base-pa\", 0x0 }", NULL },
		{ "base-unaligned", "base-pa\", 0x1000000200 }", NULL },
		{ "size-unaligned", "mem-size\", 0x17fffffe00 }", NULL },
		{ "overflow", "base-pa\", 0xfffffffffff00000 }", NULL },
		{ "too-small", "mem-size\", 0x10000000 }", NULL },
		{ "too-large", "mem-size\", 0x40000000000 }", NULL },
		{ "phys-limit", "base-pa\", 0x100000000000000 }", NULL },
		{ "incomplete", "gpu-mem-base-pa", "gpu-mem-size" },
		{ "no-base", "gpu-mem-size", "gpu-mem-base-pa" },
		{ "string", "mem-size\", \"103079215104\" }", NULL },
		{ "system-ram", "base-pa\", 0x40000000 }", NULL },
		{ "none", "DefinitionBlock", "_DSD, Package" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(ssdt(want[i].word), 0);
		if (!strstr(out, want[i].has))
			fail_msg("%s: no %s in %s", want[i].word, want[i].has,
				 out);
		if (want[i].lacks)
			assert_null(strstr(out, want[i].lacks));
	}
	assert_int_equal(ssdt("lies"), 2);
	assert_int_equal(program("ssdt", "--model", "gh200", "--path", "PCI0",
				 NULL, NULL), 2);
	assert_int_equal(program("ssdt", "--model", "gh200", "--path",
				 "\\_SB_.TOOLONG", NULL, NULL), 2);
	assert_int_equal(program("ssdt", "--model", "gh200", NULL, NULL, NULL,
				 NULL), 2);
}

static void ssdt_egm(void **state)
{
	const char *argv[] = { sim_program(), "ssdt", "--model", "gb200",
			       "--path", "\\_SB_.PCI0", "--egm-base", "0x80000000",
			       "--egm-size", "1G", "--egm-pxm", "2",
			       "--egm-retired", "0x9000", NULL };

	assert_int_equal(run_program(argv, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\"nvidia,egm-base-pa\", 0x80000000 }"));
	assert_non_null(strstr(out, "\"nvidia,egm-size\", 0x40000000 }"));
	assert_non_null(strstr(out, "\"nvidia,egm-pxm\", 0x2 }"));
	assert_non_null(strstr(out,
			"\"nvidia,egm-retired-pages-data-base\", 0x9000 }"));
}

#define ALONE(t) WITH(t, start_only)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(lines_as_a_serial_port_sends_them),
		ALONE(line_without_end),
		ALONE(many_clients),
		ALONE(client_that_never_reads),
		ALONE(words_that_make_no_sense),
		WITH(everything_in_help_works, start_ranges),
		ALONE(poison_has_room_and_an_end),
		ALONE(remove_drop_hangs_up),
		ALONE(ctl_program),
		cmocka_unit_test(command_line),
		ALONE(second_emulator_is_refused),
		cmocka_unit_test(ssdt_announces),
		cmocka_unit_test(ssdt_egm),
	};

	return cmocka_run_group_tests_name("sim-control", tests, NULL, NULL);
}
