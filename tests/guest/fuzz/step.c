// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar: which calls there are, and what their arguments may be. Values
 * are taken from where things end, with a little noise, as that is where they
 * go wrong; the rest is plain, or hardly any call would come to anything.
 */
#include <stdio.h>

#include "step.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MiB		(1ULL << 20)
#define GiB		(1ULL << 30)

#define FUZZ_ROW(id, name, weight, fields) [CALL_##id] = { name, weight, fields },
static const struct {
	const char *name;
	unsigned int weight;
	unsigned int fields;
} calls[NR_CALLS] = {
	USER_CALLS(FUZZ_ROW)
	MACHINE_CALLS(FUZZ_ROW)
};

static const char *const ptr_names[NR_PTRS] = {
	[PTR_GOOD] = "memory", [PTR_ODD] = "odd memory",
	[PTR_EDGE] = "the last bytes of memory",
	[PTR_READ_ONLY] = "read-only memory", [PTR_UNMAPPED] = "nothing",
	[PTR_DEVICE] = "coherent memory", [PTR_BAR0] = "BAR0",
	[PTR_HELD] = "a page that comes late", [PTR_NULL] = "NULL",
	[PTR_KERNEL] = "the kernel",
};

static const char *const argsz_names[NR_ARGSZ] = {
	[ARGSZ_RIGHT] = "right", [ARGSZ_ZERO] = "0", [ARGSZ_SHORT] = "short",
	[ARGSZ_ONE_SHORT] = "a byte short", [ARGSZ_LARGER] = "larger",
	[ARGSZ_PAGE] = "a page", [ARGSZ_HUGE] = "huge",
};

/**
 * fuzz_mix() - the next number of a sequence that looks random
 * @x: the last one
 * Return: one that no small change of @x leaves alike (splitmix64).
 */
u64 fuzz_mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static u64 draw(u64 *state)
{
	return *state = fuzz_mix(*state);
}

static u64 below(u64 *state, u64 n)
{
	return draw(state) % n;
}

static enum fuzz_call pick_call(u64 *state, enum fuzz_pool pool)
{
	unsigned int first = pool == POOL_USER ? 0 : NR_USER_CALLS;
	unsigned int end = pool == POOL_USER ? NR_USER_CALLS : NR_CALLS;
	unsigned int i, sum = 0, at;

	for (i = first; i < end; i++)
		sum += calls[i].weight;
	at = below(state, sum);
	for (i = first; at >= calls[i].weight; i++)
		at -= calls[i].weight;
	return i;
}

static unsigned int pick_region(u64 *state)
{
	static const u8 usual[] = { 4, 4, 4, 4, 4, 2, 2, 0, 0, 7 };
	static const u8 all[] = { 1, 3, 5, 6, 8, 9, 10, 255 };

	return below(state, 8) ? usual[below(state, ARRAY_SIZE(usual))] :
				 all[below(state, ARRAY_SIZE(all))];
}

static u64 end_of(unsigned int region, const struct geometry *g)
{
	switch (region) {
	case 0: return 16 * MiB;
	case 2: return g->bar2;
	case 4: return g->usemem_bar;
	case 7: return 4096;
	default: return 64 * MiB;
	}
}

static u64 pick_off(u64 *state, unsigned int region, const struct geometry *g)
{
	static const int near[] = { 0, 0, 0, 1, -1, 4, -4, 8, -8, 3, 12, -2 };
	u64 end = end_of(region, g), base, off;

	switch (below(state, 12)) {
	case 0: base = 0; break;
	case 1: base = end; break;
	case 2: base = region == 4 ? g->usemem : region == 2 && g->resmem ?
			g->resmem : end / 2; break;
	case 3: base = g->quiet; break;
	case 4: base = g->quiet + g->quiet_len; break;
	case 5: base = 1ULL << 40; break;
	case 6: base = below(state, 2) ? ~0ULL : 1ULL << 63; break;
	case 7: base = 2 * MiB * below(state, end / (2 * MiB) + 1); break;
	case 8: base = 1ULL << below(state, 64); break;
	default: base = below(state, end ? end : 1); break;
	}
	off = base + near[below(state, ARRAY_SIZE(near))];
	if (below(state, 3) == 0)
		off = off / g->page * g->page;
	return off;
}

static u64 pick_len(u64 *state, const struct geometry *g)
{
	static const u64 usual[] = {
		1, 2, 4, 8, 8, 8, 16, 64, 4096, 4096, 65536, 65536, MiB,
	};
	static const u64 odd[] = {
		0, 3, 5, 6, 7, 9, 12, 255, 4095, 4097, 65535, 65537, MiB + 1,
		2 * MiB, 32 * MiB, GiB, 1ULL << 31, 0x7ffff000, 1ULL << 32,
		1ULL << 47, ~0ULL >> 1, ~0ULL, ~4095ULL,
	};

	switch (below(state, 4)) {
	case 0: return odd[below(state, ARRAY_SIZE(odd))];
	case 1: return g->page * (1 + below(state, 16));
	default: return usual[below(state, ARRAY_SIZE(usual))];
	}
}

static u32 pick_flags(u64 *state)
{
	switch (below(state, 6)) {
	case 0: return draw(state);
	case 1: return 1u << below(state, 32);
	case 2: return ~0u;
	default: return below(state, 64);
	}
}

/*
 * A range of memory that can be had, for calls that give out memory: of ends that
 * are wrong there are enough, and most of a sequence needs a mapping to work on.
 */
static void make_sense(struct step *s, u64 *state, const struct geometry *g)
{
	if ((s->call != CALL_MMAP && s->call != CALL_EXPORT) ||
	    !below(state, 3))
		return;
	if (below(state, 4)) {
		s->region = 4;
		s->off = below(state, g->usemem / g->page) * g->page;
	}
	s->off = s->off / g->page * g->page;
	s->len = g->page << below(state, 11);
	s->flags |= below(state, 16) ? 8 : 0;
	s->num &= ~7u;
}

/**
 * step_far_from_quiet() - can a write at @off not reach what has to stay?
 * @off: offset in BAR4
 * @g: the geometry
 * Return: true if no step that writes there, whatever its length, does.
 */
bool step_far_from_quiet(u64 off, const struct geometry *g)
{
	return off + FUZZ_WRITE_MAX <= g->quiet ||
	       (off >= g->quiet + g->quiet_len && off < 0 - FUZZ_WRITE_MAX);
}

/**
 * step_writes() - does the call write to a region at its offset?
 * @s: the step
 * Return: true if it does, or may.
 */
bool step_writes(const struct step *s)
{
	switch (s->call) {
	case CALL_PWRITE:
	case CALL_PWRITEV:
		return true;
	case CALL_URING:
	case CALL_AIO:
	case CALL_SPLICE:
		return s->num % 2;
	default:
		return false;
	}
}

/* Where a short write to BAR0 would meet the engine's registers, or begin to. */
static bool near_engine(u64 off)
{
	return off >= 2 * MiB - FUZZ_BAR0_WRITE_MAX && off < 2 * MiB + 65536;
}

/*
 * What a step must not do, however random: change the quiet memory, and write to
 * the engine's registers, which could. A write to BAR0 is made short for that.
 */
static void keep_off(struct step *s, const struct geometry *g)
{
	if (!step_writes(s))
		return;
	if (s->region == 4 && !step_far_from_quiet(s->off, g))
		s->off = g->quiet + g->quiet_len + s->off % g->page;
	if (s->region == 0) {
		if (near_engine(s->off))
			s->off += 2 * MiB;
		if (s->len > FUZZ_BAR0_WRITE_MAX)
			s->len = FUZZ_BAR0_WRITE_MAX;
	}
}

/**
 * step_make() - the step that a number stands for
 * @s: filled
 * @id: the number
 * @pool: whose calls
 * @g: the geometry
 */
void step_make(struct step *s, u64 id, enum fuzz_pool pool,
	       const struct geometry *g)
{
	u64 state = id;

	memset(s, 0, sizeof(*s));
	s->id = id;
	s->call = pick_call(&state, pool);
	s->ptr = below(&state, 2) ? PTR_GOOD : below(&state, NR_PTRS);
	s->argsz = below(&state, 4) ? ARGSZ_RIGHT : below(&state, NR_ARGSZ);
	s->slot = below(&state, 8);
	s->region = pick_region(&state);
	s->flags = pick_flags(&state);
	s->num = below(&state, 16) ? below(&state, 4096) : draw(&state);
	s->off = pick_off(&state, s->region, g);
	s->len = pick_len(&state, g);
	make_sense(s, &state, g);
	keep_off(s, g);
}

/**
 * fuzz_call_name() - a call in words
 * @call: the call
 * Return: its name.
 */
const char *fuzz_call_name(enum fuzz_call call)
{
	return call < NR_CALLS ? calls[call].name : "?";
}

/**
 * fuzz_ptr_name() - where a pointer points, in words
 * @ptr: the kind
 * Return: its name.
 */
const char *fuzz_ptr_name(enum fuzz_ptr ptr)
{
	return ptr < NR_PTRS ? ptr_names[ptr] : "?";
}

/**
 * fuzz_argsz() - what a structure shall say of its size
 * @kind: how wrong
 * @right: the right size
 * Return: the number.
 */
u32 fuzz_argsz(enum fuzz_argsz kind, u32 right)
{
	switch (kind) {
	case ARGSZ_ZERO: return 0;
	case ARGSZ_SHORT: return right > 8 ? 8 : 4;
	case ARGSZ_ONE_SHORT: return right - 1;
	case ARGSZ_LARGER: return right + 16;
	case ARGSZ_PAGE: return 4096;
	case ARGSZ_HUGE: return ~0u;
	default: return right;
	}
}

/**
 * step_text() - a step in words
 * @s: the step
 * @buf: where to
 * @size: of @buf
 * Return: length, as snprintf().
 */
int step_text(const struct step *s, char *buf, size_t size)
{
	unsigned int fields = calls[s->call].fields;
	char at[7][48] = { "" };

	if (fields & F_SLOT)
		snprintf(at[0], sizeof(at[0]), " slot %u", s->slot);
	if (fields & F_REGION)
		snprintf(at[1], sizeof(at[1]), " region %u", s->region);
	if (fields & F_OFF)
		snprintf(at[2], sizeof(at[2]), " at %#llx",
			 (unsigned long long)s->off);
	if (fields & F_LEN)
		snprintf(at[3], sizeof(at[3]), " length %#llx",
			 (unsigned long long)s->len);
	if (fields & F_FLAGS)
		snprintf(at[4], sizeof(at[4]), " flags %#x", s->flags);
	if (fields & F_NUM)
		snprintf(at[5], sizeof(at[5]), " number %u", s->num);
	if (fields & F_ARGSZ)
		snprintf(at[6], sizeof(at[6]), " argsz %s",
			 argsz_names[s->argsz]);
	return snprintf(buf, size, "%s%s%s%s%s%s%s%s%s%s", calls[s->call].name,
			at[0], at[1], at[2], at[3], at[4], at[5], at[6],
			fields & F_PTR ? ", pointer to " : "",
			fields & F_PTR ? ptr_names[s->ptr] : "");
}
