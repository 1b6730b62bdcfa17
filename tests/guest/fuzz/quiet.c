// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quiet memory: one process owns it, no step writes there. Whoever looks at
 * it, by whatever way, finds what the owner wrote last, or is told that it cannot
 * be had now. The owner changes it now and then, a page at a time.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "act.h"

static u64 signature(u64 page, u64 turn)
{
	return fuzz_mix(fuzz_mix(page + 1) + turn);
}

/**
 * quiet_fill() - write the first signatures
 * @w: the round
 */
void quiet_fill(struct world *w)
{
	u8 *p = map(&w->d, 4, w->g.quiet, w->g.quiet_len);
	u64 off;

	for (off = 0; off < w->g.quiet_len; off += w->g.page) {
		store((u64 *)(p + off), signature(off / w->g.page, 0));
		store((u64 *)(p + off + w->g.page - 8),
		      signature(off / w->g.page, 0));
	}
	unmap(p, w->g.quiet_len);
}

static void looked(struct world *w, u64 off, u64 got, u64 want,
		   const char *how)
{
	w->quiet_checks++;
	if (got != want)
		world_fail(w, "quiet memory at BAR4 %#llx shows %#llx by %s, want %#llx",
			   (unsigned long long)(w->g.quiet + off),
			   (unsigned long long)got, how,
			   (unsigned long long)want);
}

/* A page gets its next signature, at both ends; false if it could not be had. */
static bool turn_page(u8 *page, u64 size, u64 sign)
{
	struct fault f;

	return try_store((u64 *)page, sign, &f) &&
	       try_store((u64 *)(page + size - 8), sign, &f);
}

/**
 * quiet_owner() - look, and change, until the round ends; in a process of its own
 * @w: the round
 */
void quiet_owner(struct world *w)
{
	u64 page = w->g.page, nr = w->g.quiet_len / page, seed = 1, i, v;
	u64 *turn = calloc(nr, sizeof(*turn));
	u8 *p = map(&w->d, 4, w->g.quiet, w->g.quiet_len);
	struct fault f;

	CHECK(turn, "no memory");
	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		u64 at, off;

		i = mix(&seed) % nr;
		off = mix(&seed) % 2 ? page - 8 : 0;
		at = i * page + off;
		switch (mix(&seed) % 8) {
		case 0:
			if (reg_read(&w->d, 4, w->g.quiet + at, &v, 8) == 8)
				looked(w, at, v, signature(i, turn[i]), "read()");
			else
				w->quiet_refused++;
			break;
		case 1:
			/* Half of it may be there: nobody is to be misled by that. */
			while (!turn_page(p + i * page, page,
					  signature(i, turn[i] + 1)) &&
			       !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
				w->quiet_refused++;
			if (__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
				break;
			turn[i]++;
			w->quiet_turns++;
			break;
		default:
			if (try_load((u64 *)(p + at), &v, &f))
				looked(w, at, v, signature(i, turn[i]), "a load");
			else if (f.sig == SIGBUS)
				w->quiet_refused++;
			else
				world_fail(w, "quiet memory: %s", fault_str(&f));
		}
		if (mix(&seed) % 64 == 0)
			sleep_ms(1);
	}
	unmap(p, w->g.quiet_len);
	free(turn);
}
