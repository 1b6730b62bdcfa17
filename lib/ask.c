// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs of this host can. They are asked themselves: versions lie where
 * distributions take features from the future or leave them out.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "vm.h"

extern char **environ;

#define OUTPUT_MAX	(1 << 20)

static int start(char *const *argv, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int ret;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, out, 2);
	/* Whatever is blocked here is no business of theirs. */
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	ret = posix_spawnp(pid, argv[0], &fa, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return -ret;
}

/**
 * struct talk - a conversation with a program
 * @in: what it gets to read at first; so short that nobody has to wait
 * @last: what the last of its answers has in it, or NULL: it reads no more than @in
 * @bye: what it gets then
 *
 * QEMU, told to quit, leaves unsaid what a slow reader has not taken yet: hence the
 * word only after the answers, or when nothing more has come for a while.
 */
struct talk {
	const char *in;
	const char *last;
	const char *bye;
};

#define PATIENCE_MS	60000

static void end_talk(const struct talk *talk, int *to)
{
	if (*to < 0)
		return;
	/* Who has gone by now is no reason to go as well: no SIGPIPE. */
	if (talk->bye)
		send(*to, talk->bye, strlen(talk->bye), MSG_NOSIGNAL);
	close(*to);
	*to = -1;
}

/* Take all that a program says; what does not fit is read and dropped. */
static void listen_to(int fd, int to, const struct talk *talk, char *out,
		      size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char rest[4096];
	size_t got = 0;
	ssize_t n;

	if (!talk->last)
		end_talk(talk, &to);
	for (;;) {
		bool room = got < size - 1;

		if (to >= 0 && !poll(&p, 1, PATIENCE_MS))
			end_talk(talk, &to);
		n = read(fd, room ? out + got : rest,
			 room ? size - 1 - got : sizeof(rest));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (room)
			got += n;
		out[got] = '\0';
		if (to >= 0 && strstr(out, talk->last))
			end_talk(talk, &to);
	}
	end_talk(talk, &to);
	out[got] = '\0';
}

/*
 * Run a program, and take what it says. Its exit status, 127 for one that a signal
 * ended, or -errno.
 */
static int converse(struct cohmem_ctx *ctx, char *const *argv,
		    const struct talk *talk, char *out, size_t size)
{
	int to[2], from[2], status, ret = 0;
	pid_t pid;

	out[0] = '\0';
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to))
		return cohmem_fail(ctx, -errno, argv[0], NULL, "socketpair: %s",
				   strerror(errno));
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return cohmem_fail(ctx, -errno, argv[0], NULL, "pipe: %s",
				   strerror(errno));
	}
	if (write(to[1], talk->in, strlen(talk->in)) != (ssize_t)strlen(talk->in))
		ret = -EIO;
	if (!ret)
		ret = start(argv, to[0], from[1], &pid);
	close(to[0]);
	close(from[1]);
	if (ret) {
		close(to[1]);
		close(from[0]);
		return cohmem_fail(ctx, ret, argv[0], NULL, "cannot be run: %s",
				   strerror(-ret));
	}
	listen_to(from[0], to[1], talk, out, size);
	close(from[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/**
 * cohmem_run_program() - run a program and take what it says
 * @ctx: the context
 * @argv: the program, looked for in PATH, and its arguments
 * @out: what it writes to standard output and error; cut to fit
 * @size: size of @out
 *
 * Return: its exit status (127 for one that a signal ended), or -errno where it
 * could not be started; cohmem_why() tells then.
 */
int cohmem_run_program(struct cohmem_ctx *ctx, char *const *argv, char *out,
		       size_t size)
{
	static const struct talk silence = { .in = "" };

	return converse(ctx, argv, &silence, out, size);
}

/*
 * One start of QEMU, one conversation: a few seconds where it is emulated itself.
 * The machine is none, so nothing of the host is touched.
 */
#define ASK(word)	"{\"execute\":\"" word "\"}\n"
static const struct talk questions = {
	.in = ASK("qmp_capabilities") ASK("query-version")
	"{\"execute\":\"qom-list-types\",\"arguments\":{\"abstract\":false}}\n"
	"{\"execute\":\"qom-list-properties\",\"arguments\":{\"typename\":\"virt-machine\"},\"id\":\"the-last\"}\n",
	.last = "the-last\"}",
	.bye = ASK("quit"),
};

/* A list of objects: is there one of this name? */
static bool names(struct json_object *list, const char *name)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(list, i),
					      "name", &o) &&
		    !strcmp(json_object_get_string(o), name))
			return true;
	return false;
}

/* An answer: a version, or a list of types or properties. */
static void take_answer(struct json_object *answer, struct cohmem_qemu *qemu)
{
	struct json_object *v, *n[3];

	if (json_object_is_type(answer, json_type_array)) {
		qemu->aperture |= names(answer, "highmem-mmio-size");
		qemu->initiator |= names(answer, "acpi-generic-initiator");
		qemu->nohotplug |= names(answer, "vfio-pci-nohotplug");
		qemu->iommufd |= names(answer, "iommufd");
		qemu->pxb |= names(answer, "pxb-pcie");
		qemu->egm |= names(answer, "acpi-egm-memory");
		return;
	}
	if (json_object_object_get_ex(answer, "qemu", &v) &&
	    json_object_object_get_ex(v, "major", &n[0]) &&
	    json_object_object_get_ex(v, "minor", &n[1]) &&
	    json_object_object_get_ex(v, "micro", &n[2]))
		cohmem_fmt(qemu->version, sizeof(qemu->version), "%d.%d.%d",
			   json_object_get_int(n[0]), json_object_get_int(n[1]),
			   json_object_get_int(n[2]));
}

/**
 * cohmem_ask_qemu() - ask a QEMU what it can
 * @ctx: the context
 * @program: its path or name; NULL: nobody is asked, the newest is assumed
 * @machine: the machine it is to be
 * @qemu: the answers
 * Return: 0, or -errno where the program cannot be run or is no QEMU.
 */
int cohmem_ask_qemu(struct cohmem_ctx *ctx, const char *program,
		    enum cohmem_vm_machine machine, struct cohmem_qemu *qemu)
{
	char *argv[] = {
		(char *)program, "-machine", "none", "-nodefaults", "-display",
		"none", "-S", "-qmp", "stdio", NULL
	};
	struct json_object *o, *answer;
	char *out, *line, *save;
	int ret;

	memset(qemu, 0, sizeof(*qemu));
	if (!program) {
		qemu->aperture = true;
		qemu->initiator = true;
		qemu->nohotplug = true;
		qemu->iommufd = true;
		qemu->pxb = true;
		return 0;
	}
	out = malloc(OUTPUT_MAX);
	if (!out)
		return cohmem_fail(ctx, -ENOMEM, NULL, NULL, "out of memory");
	qemu->asked = true;
	ret = converse(ctx, argv, &questions, out, OUTPUT_MAX);
	if (ret < 0)
		goto out;
	for (line = strtok_r(out, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		o = json_tokener_parse(line);
		if (o && json_object_is_type(o, json_type_object) &&
		    json_object_object_get_ex(o, "return", &answer))
			take_answer(answer, qemu);
		json_object_put(o);
	}
	/* Of a PC the aperture is a property of its host bridge, as ever. */
	if (machine == COHMEM_VM_Q35)
		qemu->aperture = true;
	ret = qemu->version[0] ? 0 :
	      cohmem_fail(ctx, -ENOEXEC, program, NULL, "is no QEMU");
out:
	free(out);
	return ret;
}

/**
 * cohmem_ask_libvirt() - the version of this host's libvirt
 * @ctx: the context
 * @version: 12008000 for 12.8.0
 * Return: 0, or -errno where there is none.
 */
int cohmem_ask_libvirt(struct cohmem_ctx *ctx, unsigned int *version)
{
	char *argv[] = { "virsh", "--version", NULL }, out[256];
	unsigned int major, minor, micro = 0;
	int ret = cohmem_run_program(ctx, argv, out, sizeof(out));

	if (ret < 0)
		return ret;
	if (ret || sscanf(out, "%u.%u.%u", &major, &minor, &micro) < 2)
		return cohmem_fail(ctx, -ENOEXEC, "virsh", NULL,
				   "does not tell its version");
	*version = major * 1000000 + minor * 1000 + micro;
	return 0;
}

/**
 * cohmem_ask_libvirt_egm() - does this host's libvirt know EGM as a memory device?
 * @ctx: the context
 *
 * No release of libvirt does, NVIDIA's builds do; its schema tells.
 *
 * Return: true if so.
 */
bool cohmem_ask_libvirt_egm(struct cohmem_ctx *ctx)
{
	static const char word[] = "<value>egm</value>";
	bool found = false;
	size_t len;
	u8 *text;

	if (cohmem_read_blob(ctx, "/usr/share/libvirt/schemas/domaincommon.rng",
			     4 << 20, &text, &len))
		return false;
	found = memmem(text, len, word, sizeof(word) - 1);
	free(text);
	return found;
}
