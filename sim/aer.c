// SPDX-License-Identifier: GPL-2.0-only
/* Advanced error reporting, as the function itself logs (PCIe 6.0, 6.2 and 7.8.4). */
#include <linux/pci_regs.h>

#include "config.h"

static const struct {
	const char *name;
	u32 bit;
	bool correctable;
	bool header;		/* the packet that it is about is logged */
} errors[] = {
	/* One of each kind by default, and then each by its name. */
	{ .name = "correctable", .bit = PCI_ERR_COR_BAD_TLP, .correctable = true },
	{ .name = "nonfatal", .bit = PCI_ERR_UNC_COMP_TIME },
	{ .name = "fatal", .bit = PCI_ERR_UNC_MALF_TLP, .header = true },
	{ .name = "receiver", .bit = PCI_ERR_COR_RCVR, .correctable = true },
	{ .name = "bad-tlp", .bit = PCI_ERR_COR_BAD_TLP, .correctable = true },
	{ .name = "replay-timeout", .bit = PCI_ERR_COR_REP_TIMER, .correctable = true },
	{ .name = "data-link", .bit = PCI_ERR_UNC_DLP },
	{ .name = "surprise-down", .bit = PCI_ERR_UNC_SURPDN },
	{ .name = "poisoned", .bit = PCI_ERR_UNC_POISON_TLP, .header = true },
	{ .name = "timeout", .bit = PCI_ERR_UNC_COMP_TIME },
	{ .name = "abort", .bit = PCI_ERR_UNC_COMP_ABORT, .header = true },
	{ .name = "unexpected", .bit = PCI_ERR_UNC_UNX_COMP, .header = true },
	{ .name = "overflow", .bit = PCI_ERR_UNC_RX_OVER },
	{ .name = "malformed", .bit = PCI_ERR_UNC_MALF_TLP, .header = true },
	{ .name = "ecrc", .bit = PCI_ERR_UNC_ECRC, .header = true },
	{ .name = "unsupported", .bit = PCI_ERR_UNC_UNSUP, .header = true },
	{ .name = "internal", .bit = PCI_ERR_UNC_INTN },
};

#define NR_ERRORS	(sizeof(errors) / sizeof(errors[0]))

/**
 * cohmem_sim_aer_bit() - an error by name
 * @name: the word
 * @correctable: which status register it belongs to
 * Return: its bit, 0 for a word that is none.
 */
u32 cohmem_sim_aer_bit(const char *name, bool *correctable)
{
	unsigned int i;

	for (i = 0; i < NR_ERRORS; i++)
		if (!strcmp(errors[i].name, name)) {
			*correctable = errors[i].correctable;
			return errors[i].bit;
		}
	return 0;
}

static bool has_header(u32 bit)
{
	unsigned int i;

	for (i = 0; i < NR_ERRORS; i++)
		if (errors[i].bit == bit && errors[i].header)
			return true;
	return false;
}

/**
 * cohmem_sim_aer_raise() - an error happens in the function
 * @c: config space; nothing happens without the capability
 * @bit: which
 * @correctable: which register it belongs to
 *
 * The status is set in any case. The first error pointer and the header log are
 * those of the first unmasked error, until software has cleared it. What kind a
 * message would be, and so what Device Status and Status say, is up to the
 * severity register.
 */
void cohmem_sim_aer_raise(struct sim_config *c, u32 bit, bool correctable)
{
	static const u32 header[4] = { 0x4a000001, 0x01000004, 0x00000000, 0 };
	const u32 aer = c->aer, sta = c->exp + PCI_EXP_DEVSTA;
	u32 status, severity, first, i;
	bool fatal, masked;

	if (!aer || !c->exp)
		return;
	if (correctable) {
		sim_put32(c->byte, aer + PCI_ERR_COR_STATUS,
			  sim_get32(c->byte, aer + PCI_ERR_COR_STATUS) | bit);
		c->byte[sta] |= PCI_EXP_DEVSTA_CED;
		return;
	}
	status = sim_get32(c->byte, aer + PCI_ERR_UNCOR_STATUS);
	severity = sim_get32(c->byte, aer + PCI_ERR_UNCOR_SEVER);
	masked = sim_get32(c->byte, aer + PCI_ERR_UNCOR_MASK) & bit;
	first = sim_get32(c->byte, aer + PCI_ERR_CAP) & 0x1f;
	sim_put32(c->byte, aer + PCI_ERR_UNCOR_STATUS, status | bit);
	fatal = severity & bit;
	c->byte[sta] |= fatal ? PCI_EXP_DEVSTA_FED : PCI_EXP_DEVSTA_NFED;
	if (bit == PCI_ERR_UNC_UNSUP)
		c->byte[sta] |= PCI_EXP_DEVSTA_URD;
	if (masked)
		return;
	if (sim_get16(c->byte, PCI_COMMAND) & PCI_COMMAND_SERR)
		sim_put16(c->byte, PCI_STATUS, sim_get16(c->byte, PCI_STATUS) |
			  PCI_STATUS_SIG_SYSTEM_ERROR);
	if (status & 1U << first)
		return;		/* that one is still the first */
	sim_put32(c->byte, aer + PCI_ERR_CAP,
		  (sim_get32(c->byte, aer + PCI_ERR_CAP) & ~0x1fU) |
		  (u32)__builtin_ctz(bit));
	for (i = 0; i < 4; i++)
		sim_put32(c->byte, aer + PCI_ERR_HEADER_LOG + 4 * i,
			  has_header(bit) ? header[i] : 0);
}
