// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slot that the GPU is plugged into: a PCI Express root port with native
 * hot-plug, as the real ones have.
 *
 * Orderly removal and plugging in are asked of the virtual machine's monitor
 * (QMP, behind a port): it pushes the attention button, the kernel blinks for
 * five seconds, takes the driver off and powers the slot down. For a removal by
 * surprise somebody else than the kernel cuts the slot's power: us, in the
 * port's Slot Control register, with its interrupt off for so long. QEMU then
 * takes the function off the bus for good; and when the register is as it was,
 * the kernel learns from the port that there is no card.
 */
#include <glob.h>
#include <json-c/json.h>
#include <linux/pci_regs.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

#define ANSWER_MS	10000
/* No power, no light: the kernel is through with what was in the slot. */
#define SLOT_OFF	(PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC)
/* Five seconds of blinking, some of work, and a machine that is busy. */
#define EMPTY_MS	30000
#define FOUND_MS	20000
#define DRIVER		"cohmem_vfio_pci"

static struct port qmp = PORT("org.cohmem.qmp");

/* The answer to request @id; events and older answers are passed over. */
static struct json_object *answer_to(int id)
{
	struct json_object *o, *value;
	char *line;
	int ret;

	for (;;) {
		ret = port_get(&qmp, &line, ANSWER_MS);
		CHECK(!ret, "QMP: no answer: %s", strerror(-ret));
		o = json_tokener_parse(line);
		free(line);
		if (o && json_object_object_get_ex(o, "id", &value) &&
		    json_object_get_int(value) == id)
			return o;
		json_object_put(o);
	}
}

/* True if it was done; otherwise @error says why not. */
static bool ask(const char *command, const char *arguments, char *error,
		size_t size)
{
	static int id;
	struct json_object *o, *why, *text;
	char line[2048];
	int ret;

	if (!id)
		id = getpid() * 100;
	snprintf(line, sizeof(line),
		 "{\"execute\":\"%s\",\"arguments\":%s,\"id\":%d}\n", command,
		 arguments, ++id);
	ret = port_put(&qmp, line, ANSWER_MS);
	CHECK(!ret, "QMP: %s: %s", command, strerror(-ret));
	o = answer_to(id);
	error[0] = 0;
	if (json_object_object_get_ex(o, "error", &why) &&
	    json_object_object_get_ex(why, "desc", &text))
		snprintf(error, size, "%s", json_object_get_string(text));
	json_object_put(o);
	return !error[0];
}

static void monitor(void)
{
	char error[200];
	int ret;

	if (qmp.fd >= 0)
		return;
	if (!port_exists(&qmp))
		SKIP("nobody here can plug the GPU in and out");
	ret = port_open(&qmp);
	CHECK(!ret, "QMP: %s", strerror(-ret));
	/* refused the second time: it is done for good */
	ask("qmp_capabilities", "{}", error, sizeof(error));
}

static u8 config_byte(int fd, unsigned int pos)
{
	u8 v = 0;

	CHECK(pread(fd, &v, 1, pos) == 1, "config space of the root port");
	return v;
}

/*
 * Config space of the root port, the bridge whose bus the GPU is on, and where
 * in it Slot Control is.
 */
static int slot_control(unsigned int *pos)
{
	char pattern[200], path[300];
	unsigned int hops;
	glob_t found;
	int fd;

	snprintf(pattern, sizeof(pattern),
		 "/sys/bus/pci/devices/*/pci_bus/%.7s", facts()->bdf);
	CHECK(!glob(pattern, 0, NULL, &found) && found.gl_pathc == 1,
	      "no bridge above %s", facts()->bdf);
	snprintf(path, sizeof(path), "%s/../../config", found.gl_pathv[0]);
	globfree(&found);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	*pos = config_byte(fd, PCI_CAPABILITY_LIST);
	for (hops = 0; *pos && hops < 48; hops++) {
		if (config_byte(fd, *pos) == PCI_CAP_ID_EXP)
			break;
		*pos = config_byte(fd, *pos + 1);
	}
	CHECK(*pos, "the root port has no PCI Express capability");
	*pos += PCI_EXP_SLTCTL;
	return fd;
}

static u16 slot_control_read(int fd, unsigned int pos)
{
	u16 ctl;

	CHECK(pread(fd, &ctl, 2, pos) == 2, "Slot Control: %s",
	      strerror(errno));
	return ctl;
}

static bool present(void)
{
	return file_exists(dev_path("vendor"));
}

/**
 * slot_empty_within() - wait until the kernel has let go of the GPU
 * @ms: how long
 * Return: true if it has.
 */
bool slot_empty_within(unsigned int ms)
{
	double end = now_ms() + ms;

	while (present() && now_ms() < end)
		sleep_ms(10);
	return !present();
}

/* How the monitor is told of the GPU when it is to be plugged in. */
static const char *device(void)
{
	const char *text = getenv("COHMEM_GPU_DEVICE");

	CHECK(text, "COHMEM_GPU_DEVICE is not set");
	return text;
}

/* And how when it is to go: by the name that it was given. */
static void name_of_device(char *text, size_t size)
{
	struct json_object *o = json_tokener_parse(device()), *id;

	CHECK(o && json_object_object_get_ex(o, "id", &id),
	      "COHMEM_GPU_DEVICE has no id: %s", device());
	snprintf(text, size, "{\"id\":\"%s\"}", json_object_get_string(id));
	json_object_put(o);
}

/**
 * slot_unplug() - push the button: the kernel shall give the GPU up
 *
 * Returns at once; five seconds later the kernel begins.
 */
void slot_unplug(void)
{
	char error[200], arguments[100];

	monitor();
	name_of_device(arguments, sizeof(arguments));
	CHECK(ask("device_del", arguments, error, sizeof(error)),
	      "device_del: %s", error);
}

/**
 * slot_yank() - the GPU is gone, without a word to anybody
 */
void slot_yank(void)
{
	unsigned int pos;
	u16 ctl, off;
	int fd;

	monitor();
	fd = slot_control(&pos);
	ctl = slot_control_read(fd, pos);
	off = ctl | SLOT_OFF;
	off &= ~PCI_EXP_SLTCTL_HPIE;
	CHECK(pwrite(fd, &off, 2, pos) == 2, "Slot Control");
	CHECK(pwrite(fd, &ctl, 2, pos) == 2, "Slot Control");
	close(fd);
}

static u16 slot_bits(u16 mask)
{
	unsigned int pos;
	int fd = slot_control(&pos);
	u16 ctl = slot_control_read(fd, pos);

	close(fd);
	return ctl & mask;
}

static void plug_once(void)
{
	double end = now_ms() + EMPTY_MS;
	char error[200];

	while (slot_bits(SLOT_OFF) != SLOT_OFF) {
		CHECK(now_ms() < end, "the slot is never off");
		sleep_ms(20);
	}
	/*
	 * The old one is gone a moment after that, when QEMU has taken it apart,
	 * for which it needs the lock that it holds while it plugs in: a new one
	 * that comes earlier waits for it in vain, and once the emulator turns it
	 * away QEMU 11.1 ends in an assertion.
	 */
	while (sim_number("status", "client")) {
		CHECK(now_ms() < end, "QEMU does not let go of the GPU");
		sleep_ms(20);
	}
	while (!ask("device_add", device(), error, sizeof(error))) {
		CHECK(now_ms() < end, "device_add: %s", error);
		sleep_ms(50);
	}
	end = now_ms() + FOUND_MS;
	while (!present()) {
		CHECK(now_ms() < end, "the kernel does not find the GPU");
		sleep_ms(10);
	}
}

/* The light is on and stays on: the kernel is through with what came in. */
static bool steady(void)
{
	double end = now_ms() + 3000 * slowness();

	do {
		if (slot_bits(PCI_EXP_SLTCTL_PIC) != PCI_EXP_SLTCTL_PWR_IND_ON) {
			sleep_ms(10);
			continue;
		}
		sleep_ms(100 * slowness());
		return slot_bits(PCI_EXP_SLTCTL_PIC) ==
		       PCI_EXP_SLTCTL_PWR_IND_ON;
	} while (now_ms() < end);
	return false;
}

/**
 * slot_fill() - plug the GPU in again
 *
 * QEMU pushes the button, too, when it plugs something in. A kernel that has
 * seen the card before it looks at the button takes that as "give it up": then
 * it gets what it wants, and the card again.
 */
void slot_fill(void)
{
	monitor();
	plug_once();
	while (!steady()) {
		test_info("QEMU's push of the button came too late");
		CHECK(slot_empty_within(EMPTY_MS), "it blinks, and stays");
		plug_once();
	}
}

/**
 * slot_plug() - plug the GPU in again and bind our driver to it
 */
void slot_plug(void)
{
	double end = now_ms() + FOUND_MS;
	int ret;

	slot_fill();
	/* Its files come one by one, and the driver's own when it is bound. */
	while ((ret = file_write(dev_path("driver_override"), DRIVER)) ||
	       (ret = file_write("/sys/bus/pci/drivers_probe", facts()->bdf)) ||
	       !file_exists(dev_path("cohmem/mode"))) {
		CHECK(now_ms() < end, "bind: %s", strerror(-ret));
		sleep_ms(20);
	}
}

/**
 * slot_refill() - plug the GPU in if an earlier test left the slot empty
 */
void slot_refill(void)
{
	monitor();
	if (!present())
		slot_plug();
}
