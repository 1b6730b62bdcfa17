// SPDX-License-Identifier: GPL-2.0-only
/* Data does not outlive its user, where the policy says so. */
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "scrubbing.h"
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
	scrub_policy(word);
}

/* What the last close has begun is over, and has left nothing. */
static void cleared(void)
{
	scrub_ends("ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
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
	cleared();
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
	cleared();
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
	cleared();
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
	cleared();
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

/* A device that does not get ready is not handed out uncleared. */
static void not_ready_is_not_handed_out(void)
{
	struct dev d;
	char result[32];
	int ret;

	if (facts()->cxl)
		SKIP("the training registers do not matter to this model");
	policy("off");
	one_user();
	policy("open");
	sim_training(3600000);
	ret = __dev_open(&d);
	CHECK(ret == -EIO, "open returned %d", ret);
	attr_read("scrub_result", result, sizeof(result));
	CHECK(!strcmp(result, "unavailable") || !strcmp(result, "timeout"),
	      "%s", result);
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
      TEST_LONG(fresh_bind_is_dirty, 60),
      TEST_LONG(not_ready_is_not_handed_out, 90));
