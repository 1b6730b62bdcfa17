/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The places where VFIO takes a pointer to user memory: one call for each, with
 * its argument laid across the edge of a page, so that the caller decides what
 * lies behind the edge and when it is there.
 */
#ifndef COHMEM_GUEST_PLACES_H
#define COHMEM_GUEST_PLACES_H

#include "guest.h"

/**
 * struct site - a call that is to be made
 * @d: the device
 * @edge: first byte of the page that matters; the one before it is plain
 * @fd: an eventfd, for calls that take one
 */
struct site {
	struct dev *d;
	u8 *edge;
	int fd;
};

/**
 * struct place - a call
 * @name: for messages
 * @lay: put its argument across the edge; NULL where its contents do not matter
 * @call: make it, with a struct site: 0 and more, or -1 with errno
 */
struct place {
	const char *name;
	void (*lay)(struct site *s);
	long (*call)(void *site);
};

extern const struct place place_config_read, place_region_read,
	place_region_write, place_bar0_read, place_bar0_write,
	place_low_power, place_dma_buf, place_set_irqs, place_ioeventfd,
	place_hot_reset_info, place_hot_reset, place_region_info,
	place_device_info;

#endif /* COHMEM_GUEST_PLACES_H */
