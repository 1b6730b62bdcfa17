// SPDX-License-Identifier: GPL-2.0-only
/* The emulated superchip's share: what of an access reaches it as a message. */
#include "bench.h"

#define WORDS	4096

/* Of BAR0, beside every page that the emulator keeps to itself. */
#define BAR0_PLAIN	0x80000

static double messages(struct dev *d, unsigned int bar, u64 off)
{
	u8 *p = map(d, bar, off, WORDS * 8);
	u64 before, after;

	touch(p, WORDS * 8, 8);
	before = sim_counter("bar_reads");
	touch(p, WORDS * 8, 8);
	after = sim_counter("bar_reads");
	unmap(p, WORDS * 8);
	return (double)(after - before) / WORDS;
}

/**
 * bench_emulator() - messages that an access to a mapping makes: none
 * @d: the device
 */
void bench_emulator(struct dev *d)
{
	report("emulator_messages_mapped_bar0", messages(d, 0, BAR0_PLAIN),
	       "messages/word");
	report("emulator_messages_mapped_usemem", messages(d, USEMEM, 0),
	       "messages/word");
}
