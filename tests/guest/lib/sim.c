// SPDX-License-Identifier: GPL-2.0-only
/* The control port of the emulated superchip: a line out, a line of JSON back. */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>

#include "guest.h"

#define ANSWER_MS	10000

/* The first GPU's, unless COHMEM_SIM_PORT names another one's. */
static struct port *sim_port(void)
{
	static struct port port = PORT("org.cohmem.sim");
	const char *name = getenv("COHMEM_SIM_PORT");

	if (name)
		port.name = name;
	return &port;
}

/**
 * have_sim() - is the GPU an emulated one that we can talk to?
 * Return: true if so.
 */
bool have_sim(void)
{
	return port_exists(sim_port());
}

/**
 * sim_close() - give the port back
 */
void sim_close(void)
{
	port_close(sim_port());
}

static int talk(const char *line, struct json_object **answer)
{
	struct json_object *o, *ok;
	char *text = NULL;
	int ret;

	*answer = NULL;
	ret = port_open(sim_port());
	if (!ret)
		ret = port_put(sim_port(), line, ANSWER_MS);
	if (!ret)
		ret = port_get(sim_port(), &text, ANSWER_MS);
	if (ret)
		return ret;
	o = json_tokener_parse(text);
	free(text);
	if (!o)
		return -EBADMSG;
	*answer = o;
	if (!json_object_object_get_ex(o, "ok", &ok))
		return -EBADMSG;
	return json_object_get_boolean(ok) ? 0 : -EINVAL;
}

/**
 * __sim() - send a command
 * @answer: its answer, to be given back with json_object_put(); may be NULL
 * @fmt: the command, as printf
 * Return: 0; -EINVAL if it was refused, another -errno if nobody answered.
 */
int __sim(struct json_object **answer, const char *fmt, ...)
{
	struct json_object *o;
	char line[4100];
	va_list ap;
	int ret;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 2, fmt, ap);
	va_end(ap);
	strcat(line, "\n");
	ret = talk(line, &o);
	if (answer)
		*answer = o;
	else
		json_object_put(o);
	return ret;
}

/**
 * sim() - send a command that must be done
 * @fmt: the command, as printf
 */
void sim(const char *fmt, ...)
{
	struct json_object *o;
	char line[4100];
	va_list ap;
	int ret;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 2, fmt, ap);
	va_end(ap);
	strcat(line, "\n");
	if (!have_sim())
		SKIP("no emulated superchip to give orders to");
	ret = talk(line, &o);
	CHECK(!ret, "emulator: %.100s: %s: %s", line, strerror(-ret),
	      o ? json_object_to_json_string(o) : "no answer");
	json_object_put(o);
}

/* A key anywhere in an answer. */
static struct json_object *find(struct json_object *o, const char *name)
{
	struct json_object *found;

	if (!json_object_is_type(o, json_type_object))
		return NULL;
	if (json_object_object_get_ex(o, name, &found))
		return found;
	json_object_object_foreach(o, key, value) {
		(void)key;
		found = find(value, name);
		if (found)
			return found;
	}
	return NULL;
}

/**
 * sim_number() - a number from the answer to a command
 * @command: the command
 * @name: the key, at any depth
 * Return: its value.
 */
u64 sim_number(const char *command, const char *name)
{
	struct json_object *o, *found;
	u64 value;
	int ret;

	if (!have_sim())
		SKIP("no emulated superchip to ask");
	ret = __sim(&o, "%s", command);
	CHECK(!ret, "emulator: %s: %s", command, strerror(-ret));
	found = find(o, name);
	CHECK(found, "emulator: no \"%s\" in %s", name,
	      json_object_to_json_string(o));
	value = json_object_get_int64(found);
	json_object_put(o);
	return value;
}

/**
 * sim_counter() - what the emulator has counted
 * @name: the counter
 * Return: its value.
 */
u64 sim_counter(const char *name)
{
	return sim_number("counters", name);
}

static void peek(const char *what, u64 off, void *buf, unsigned int len)
{
	struct json_object *o, *data;
	const char *hex;
	unsigned int i, byte;
	int ret;

	if (!have_sim())
		SKIP("no emulated superchip to ask");
	ret = __sim(&o, "%s read 0x%llx %u", what, (unsigned long long)off,
		    len);
	CHECK(!ret, "emulator: %s read %#llx %u: %s", what,
	      (unsigned long long)off, len,
	      o ? json_object_to_json_string(o) : strerror(-ret));
	data = find(o, "hex");
	hex = data ? json_object_get_string(data) : "";
	CHECK(strlen(hex) == 2 * len, "emulator: %s read: %s", what,
	      json_object_to_json_string(o));
	for (i = 0; i < len; i++) {
		CHECK(sscanf(hex + 2 * i, "%2x", &byte) == 1, "\"%s\"", hex);
		((u8 *)buf)[i] = byte;
	}
	json_object_put(o);
}

static void poke(const char *what, u64 off, const void *buf, unsigned int len)
{
	char hex[2 * 1024 + 1];
	unsigned int i;

	CHECK(len <= 1024, "too much");
	for (i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", ((const u8 *)buf)[i]);
	sim("%s write 0x%llx %s", what, (unsigned long long)off, hex);
}

/**
 * sim_mem_read() - read coherent memory behind everybody's back
 * @off: offset in it
 * @buf: where to
 * @len: bytes, at most 1024
 */
void sim_mem_read(u64 off, void *buf, unsigned int len)
{
	peek("mem", off, buf, len);
}

/**
 * sim_mem_write() - write coherent memory behind everybody's back
 * @off: offset in it
 * @buf: from here
 * @len: bytes, at most 1024
 */
void sim_mem_write(u64 off, const void *buf, unsigned int len)
{
	poke("mem", off, buf, len);
}

/**
 * sim_egm_read() - read the first socket's EGM behind everybody's back
 * @off: offset in it
 * @buf: where to
 * @len: bytes, at most 1024
 */
void sim_egm_read(u64 off, void *buf, unsigned int len)
{
	peek("egm", off, buf, len);
}

/**
 * sim_egm_write() - write the first socket's EGM behind everybody's back
 * @off: offset in it
 * @buf: from here
 * @len: bytes, at most 1024
 */
void sim_egm_write(u64 off, const void *buf, unsigned int len)
{
	poke("egm", off, buf, len);
}

/**
 * sim_training() - from the next reset on, the memory takes so long
 * @ms: milliseconds
 *
 * A part with the CXL DVSEC says itself how long it may take: 16 s here.
 */
void sim_training(unsigned int ms)
{
	sim("set train-ms %u", ms);
	if (facts()->cxl)
		sim("set cxl-timeout 2");
}

/**
 * sim_defaults() - the emulator as it was started
 *
 * Run between tests, so nothing here may end a process.
 */
void sim_defaults(void)
{
	struct json_object *o, *removed;
	int ret = __sim(NULL, "defaults");

	/* a test that ended too early may have left it off the bus */
	if (!ret && !__sim(&o, "status")) {
		removed = find(o, "removed");
		if (removed && json_object_get_boolean(removed))
			ret = __sim(NULL, "restore");
		json_object_put(o);
	}
	if (ret)
		printf("# emulator: defaults: %s\n", strerror(-ret));
}

/**
 * reset_slowly() - VFIO_DEVICE_RESET, after which the memory takes a while
 * @d: the device
 * @ms: how long
 */
void reset_slowly(struct dev *d, unsigned int ms)
{
	int ret;

	sim_training(ms);
	ret = dev_reset(d);
	CHECK(!ret, "reset: %s", strerror(-ret));
	set_command(d, 2, 0);
}
