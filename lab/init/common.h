/* SPDX-License-Identifier: GPL-2.0-only */
/* What the init programs of L1 and L2 share. */
#ifndef COHMEM_LAB_COMMON_H
#define COHMEM_LAB_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void lab_mount_all(void);
int lab_port_open(const char *name, int flags);
int lab_read_file(const char *path, char *buf, size_t size);
int lab_write_file(const char *path, const char *text);
uint64_t lab_now_ms(void);
void lab_say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The pattern: lines of plain text, see lab_pattern(). */
#define LAB_LINE	64
#define LAB_PLACE	16
unsigned int lab_place(unsigned int bar, char where[LAB_PLACE]);
void lab_pattern(char line[LAB_LINE], const char *seed, const char *where, uint64_t offset);
void lab_fill(void *to, size_t len, const char *seed, const char *where, uint64_t offset);
uint64_t lab_phys(const void *p);
void lab_power_off(void) __attribute__((noreturn));
void lab_reboot(void) __attribute__((noreturn));

#endif /* COHMEM_LAB_COMMON_H */
