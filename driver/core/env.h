/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole environment of the pure core: fixed-width types, bool, NULL and
 * string functions. The kernel supplies them from its own headers, everybody
 * else from libc. No other file of the core may test who compiles it.
 */
#ifndef COHMEM_CORE_ENV_H
#define COHMEM_CORE_ENV_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

#endif /* COHMEM_CORE_ENV_H */
