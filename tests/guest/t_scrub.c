// SPDX-License-Identifier: GPL-2.0-only
/* Data does not outlive its user, where the policy says so. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "uapi.h"

/* Look at this much every so often: all of it would take too long to read. */
#define SAMPLE	65536
#define EVERY	(16 * MiB)

static u64 backed(unsigned int bar)
{
	return bar == 4 ? facts()->usemem : facts()->resmem;
}

static void write_all(struct dev *d)
{
	static u8 buf[SAMPLE];
	unsigned int bar;
	u64 off;

	memset(buf, 0x5a, sizeof(buf));
	for (bar = facts()->split ? 2 : 4; bar <= 4; bar += 2) {
		for (off = 0; off < backed(bar); off += EVERY)
			CHECK_EQ(reg_write(d, bar, off, buf, SAMPLE), SAMPLE);
		CHECK_EQ(reg_write(d, bar, backed(bar) - 8, buf, 8), 8);
	}
}

/* How many of the samples are not all zero. */
static unsigned int leftovers(struct dev *d)
{
	static u64 buf[SAMPLE / 8];
	unsigned int bar, i, nr = 0;
	u64 off, sum;

	for (bar = facts()->split ? 2 : 4; bar <= 4; bar += 2) {
		for (off = 0; off < backed(bar); off += EVERY) {
			CHECK_EQ(reg_read(d, bar, off, buf, SAMPLE), SAMPLE);
			for (i = 0, sum = 0; i < ARRAY_SIZE(buf); i++)
				sum |= buf[i];
			nr += !!sum;
		}
		CHECK_EQ(reg_read(d, bar, backed(bar) - 8, buf, 8), 8);
		nr += !!buf[0];
	}
	return nr;
}

static void policy(const char *word)
{
	if (facts()->hbm > 8 * GiB)
		SKIP("clearing %llu GiB would fill the host: use --hbm 3G",
		     (unsigned long long)(facts()->hbm / GiB));
	CHECK_EQ(file_write(dev_path("cohmem/scrub"), word), 0);
}

static void attr_is(const char *name, const char *want)
{
	char text[64];
	int len = attr_read(name, text, sizeof(text));

	CHECK(len > 0, "no attribute %s", name);
	text[strcspn(text, "\n")] = 0;
	CHECK(!strcmp(text, want), "%s is \"%s\", not \"%s\"", name, text, want);
}

/* Clearing goes on after a close, or after an open that was given up. */
static void until_idle(void)
{
	char state[32];
	double end = now_ms() + 60000 * slowness();

	do {
		CHECK(now_ms() < end, "still clearing");
		sleep_ms(10);
		attr_read("scrub_state", state, sizeof(state));
	} while (strncmp(state, "idle", 4));
}

static void one_user(void)
{
	struct dev d;

	dev_open(&d);
	write_all(&d);
	dev_close(&d);
}

static unsigned int next_user_finds(void)
{
	struct dev d;
	unsigned int nr;

	dev_open(&d);
	nr = leftovers(&d);
	dev_close(&d);
	return nr;
}

/* The other tests would mean nothing if memory were cleared anyway. */
static void off_keeps_data(void)
{
	policy("off");
	one_user();
	CHECK(next_user_finds() > 0, "nothing left");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
}

static void on_open(void)
{
	policy("off");
	one_user();
	policy("open");
	CHECK_EQ(next_user_finds(), 0);
	attr_is("scrub_result", "ok");
	attr_is("scrub_state", "idle");
	CHECK_EQ(attr_u64("scrub_bytes"), facts()->hbm);
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	policy("off");
}

static void on_close(void)
{
	policy("close");
	one_user();
	until_idle();
	attr_is("scrub_result", "ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	policy("off");
	CHECK_EQ(next_user_finds(), 0);
}

/* However the user left the device. */
static void on_close_with_memory_off(void)
{
	struct dev d;

	policy("close");
	dev_open(&d);
	write_all(&d);
	set_command(&d, 0, 2);
	dev_close(&d);
	until_idle();
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	policy("off");
	CHECK_EQ(next_user_finds(), 0);
}

static void on_close_in_d3(void)
{
	struct dev d;

	policy("close");
	dev_open(&d);
	write_all(&d);
	set_power(&d, 3);
	dev_close(&d);
	until_idle();
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	policy("off");
	CHECK_EQ(next_user_finds(), 0);
}

static void on_close_in_low_power(void)
{
	struct vfio_device_feature f = {
		.argsz = sizeof(f),
		.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_ENTRY,
	};
	struct dev d;

	policy("close");
	dev_open(&d);
	write_all(&d);
	if (ioctl(d.fd, VFIO_DEVICE_FEATURE, &f))
		SKIP("no low power feature: %s", strerror(errno));
	dev_close(&d);
	until_idle();
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	policy("off");
	CHECK_EQ(next_user_finds(), 0);
}

/* A function just bound has a past that nobody knows. */
static void fresh_bind_is_dirty(void)
{
	policy("off");
	one_user();
	rebind();
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	attr_is("scrub_result", "none");
	policy("close");
	CHECK_EQ(next_user_finds(), 0);
	policy("off");
}

/* Killed while it waits: dies at once, and what goes on goes on. */
static void killed_on_open(void)
{
	char state[32] = "";
	struct dev d;
	int status, i;
	double t;
	pid_t pid;

	policy("off");
	one_user();
	policy("open");
	pid = fork();
	if (!pid) {
		__dev_open(&d);
		_exit(0);
	}
	for (i = 0; i < 5000 && strncmp(state, "running", 7); i++) {
		attr_read("scrub_state", state, sizeof(state));
		usleep(1000);
	}
	CHECK(!strncmp(state, "running", 7), "never saw it run");
	kill(pid, SIGKILL);
	t = now_ms();
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	      "status %#x", status);
	test_info("died %.0f ms after the signal", now_ms() - t);
	CHECK(now_ms() - t < 3000 * slowness(), "%.0f ms", now_ms() - t);
	until_idle();
	attr_is("scrub_result", "ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	CHECK_EQ(next_user_finds(), 0);
	policy("off");
}

/* They are left out, so it is not clean; an administrator may accept that. */
static void bad_pages_are_left_out(void)
{
	struct dev d;
	char text[32];

	policy("open");
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)facts()->mem_base + 5 * facts()->page);
	CHECK_EQ(file_write(dev_path("cohmem/poison_pages"), text), 0);
	CHECK_EQ(__dev_open(&d), -EIO);
	attr_is("scrub_result", "skipped");
	CHECK_EQ(attr_u64("scrub_skipped"), facts()->page);
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	CHECK_EQ(file_write(dev_path("cohmem/scrub_accept_bad"), "1"), 0);
	dev_open(&d);
	dev_close(&d);
	policy("off");
	rebind();
}

/* A device that does not get ready is not handed out uncleared. */
static void not_ready_is_not_handed_out(void)
{
	struct dev d;
	int ret;

	if (facts()->cxl)
		SKIP("the training registers do not matter to this model");
	policy("off");
	one_user();
	policy("open");
	sim_training(3600000);
	ret = __dev_open(&d);
	CHECK(ret == -EIO, "open returned %d", ret);
	attr_is("scrub_result", "unavailable");
	sim_defaults();
	CHECK_EQ(next_user_finds(), 0);
	policy("off");
}

static void words(void)
{
	policy("default");
	CHECK_EQ(file_write(dev_path("cohmem/scrub"), "sometimes"), -EINVAL);
	policy("close\n");
	attr_is("scrub", "close");
	policy("off");
	attr_is("scrub", "off");
}

SUITE(TEST(words), TEST_LONG(off_keeps_data, 60), TEST_LONG(on_open, 90),
      TEST_LONG(on_close, 60), TEST_LONG(on_close_with_memory_off, 60),
      TEST_LONG(on_close_in_d3, 60), TEST_LONG(on_close_in_low_power, 60),
      TEST_LONG(fresh_bind_is_dirty, 60), TEST_LONG(killed_on_open, 60),
      TEST_LONG(bad_pages_are_left_out, 60),
      TEST_LONG(not_ready_is_not_handed_out, 90));
