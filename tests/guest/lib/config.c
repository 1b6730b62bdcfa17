// SPDX-License-Identifier: GPL-2.0-only
/* Config space: over VFIO, and as the host sees it. */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <unistd.h>

#include "guest.h"

/**
 * cfg_read() - pread() of config space
 * @d: the device
 * @pos: offset
 * @buf: where to
 * @count: bytes
 * Return: as pread(2).
 */
ssize_t cfg_read(struct dev *d, unsigned int pos, void *buf, size_t count)
{
	return reg_read(d, CONFIG, pos, buf, count);
}

/**
 * cfg_write() - pwrite() of config space
 * @d: the device
 * @pos: offset
 * @buf: from here
 * @count: bytes
 * Return: as pwrite(2).
 */
ssize_t cfg_write(struct dev *d, unsigned int pos, const void *buf,
		  size_t count)
{
	return reg_write(d, CONFIG, pos, buf, count);
}

static void get(struct dev *d, unsigned int pos, void *buf, size_t len)
{
	ssize_t n = cfg_read(d, pos, buf, len);

	CHECK(n == (ssize_t)len, "config read %#x+%zu: %zd (%s)", pos, len, n,
	      strerror(errno));
}

static void put(struct dev *d, unsigned int pos, const void *buf, size_t len)
{
	ssize_t n = cfg_write(d, pos, buf, len);

	CHECK(n == (ssize_t)len, "config write %#x+%zu: %zd (%s)", pos, len, n,
	      strerror(errno));
}

#define ACCESSORS(bits) \
u##bits cfg_r##bits(struct dev *d, unsigned int pos) \
{ \
	u##bits value; \
\
	get(d, pos, &value, sizeof(value)); \
	return value; \
} \
\
void cfg_w##bits(struct dev *d, unsigned int pos, u##bits value) \
{ \
	put(d, pos, &value, sizeof(value)); \
}

ACCESSORS(8)
ACCESSORS(16)
ACCESSORS(32)
ACCESSORS(64)

/**
 * cfg_cap() - find a capability
 * @d: the device
 * @id: PCI_CAP_ID_*
 * Return: its offset, or 0.
 */
unsigned int cfg_cap(struct dev *d, u8 id)
{
	unsigned int pos = cfg_r8(d, PCI_CAPABILITY_LIST), hops;

	for (hops = 0; pos && hops < 48; hops++) {
		if (cfg_r8(d, pos) == id)
			return pos;
		pos = cfg_r8(d, pos + 1);
	}
	return 0;
}

/**
 * host_cfg_r32() - 4 bytes of config space as the host sees it
 * @pos: where, a multiple of 4
 * Return: them; nothing of it is hidden or emulated by vfio.
 */
u32 host_cfg_r32(unsigned int pos)
{
	int fd = open(dev_path("config"), O_RDONLY | O_CLOEXEC);
	u8 b[4];

	CHECK(fd >= 0, "config: %s", strerror(errno));
	CHECK_EQ(pread(fd, b, sizeof(b), pos), sizeof(b));
	close(fd);
	return b[0] | b[1] << 8 | b[2] << 16 | (u32)b[3] << 24;
}

static u32 by_host(struct dev *d, unsigned int pos)
{
	(void)d;
	return host_cfg_r32(pos);
}

static unsigned int find_dvsec(u32 (*r32)(struct dev *d, unsigned int pos),
			       struct dev *d, u16 vendor, u16 id)
{
	unsigned int pos = 0x100, hops;
	u32 head;

	for (hops = 0; pos && hops < 200; hops++) {
		head = r32(d, pos);
		if ((head & 0xffff) == 0x23 &&
		    (r32(d, pos + 4) & 0xffff) == vendor &&
		    (r32(d, pos + 8) & 0xffff) == id)
			return pos;
		pos = head >> 20;
	}
	return 0;
}

/**
 * cfg_dvsec() - find a designated vendor-specific extended capability
 * @d: the device
 * @vendor: its vendor
 * @id: its id
 * Return: its offset, or 0; 0 too where vfio hides it.
 */
unsigned int cfg_dvsec(struct dev *d, u16 vendor, u16 id)
{
	return find_dvsec(cfg_r32, d, vendor, id);
}

/**
 * host_dvsec() - cfg_dvsec() as the host sees it, so that nothing is hidden
 * @vendor: its vendor
 * @id: its id
 * Return: its offset, or 0.
 */
unsigned int host_dvsec(u16 vendor, u16 id)
{
	return find_dvsec(by_host, NULL, vendor, id);
}

/**
 * set_command() - change bits of COMMAND
 * @d: the device
 * @set: bits to set
 * @clear: bits to clear
 */
void set_command(struct dev *d, u16 set, u16 clear)
{
	u16 command = cfg_r16(d, PCI_COMMAND);

	cfg_w16(d, PCI_COMMAND, (command & ~clear) | set);
}

/**
 * set_power() - change the power state as a guest does
 * @d: the device
 * @state: 0 for D0, 3 for D3hot
 */
void set_power(struct dev *d, unsigned int state)
{
	unsigned int pm = cfg_cap(d, PCI_CAP_ID_PM);

	CHECK(pm, "no power management capability");
	cfg_w16(d, pm + PCI_PM_CTRL,
		(cfg_r16(d, pm + PCI_PM_CTRL) & ~PCI_PM_CTRL_STATE_MASK) |
		state);
}

/**
 * flr() - reset the function through config space, as a guest does
 * @d: the device
 */
void flr(struct dev *d)
{
	unsigned int exp = cfg_cap(d, PCI_CAP_ID_EXP);

	CHECK(exp, "no PCI Express capability");
	CHECK(cfg_r32(d, exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR,
	      "no function level reset");
	cfg_w16(d, exp + PCI_EXP_DEVCTL,
		cfg_r16(d, exp + PCI_EXP_DEVCTL) | PCI_EXP_DEVCTL_BCR_FLR);
}

/**
 * rebind() - unbind the GPU's driver and bind it again
 *
 * For what a driver learns at probe.
 */
void rebind(void)
{
	char link[256], path[300];
	ssize_t n = readlink(dev_path("driver"), link, sizeof(link) - 1);
	int ret;

	CHECK(n > 0, "no driver is bound");
	link[n] = 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind",
		 strrchr(link, '/') + 1);
	ret = file_write(dev_path("driver/unbind"), facts()->bdf);
	CHECK(!ret, "unbind: %s", strerror(-ret));
	ret = file_write(path, facts()->bdf);
	CHECK(!ret, "bind: %s", strerror(-ret));
}
