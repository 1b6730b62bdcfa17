// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPU's slot, for tests in other languages: "slot out" pushes the button and
 * waits until the kernel has let the GPU go, "slot in" plugs it in and leaves it
 * to whoever binds. Which GPU: COHMEM_BDF, COHMEM_GPU_DEVICE and COHMEM_SIM_PORT.
 */
#include "guest.h"

/* Five seconds of blinking, a driver that has to let go, and a busy machine. */
#define OUT_MS	60000

static void out(void)
{
	slot_unplug();
	CHECK(slot_empty_within(OUT_MS), "it is still there");
}

static void in(void)
{
	slot_fill();
}

SUITE(TEST_LONG(out, 90), TEST_LONG(in, 120));
