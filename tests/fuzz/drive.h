/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver of a fuzz target and the mutations of its input share. */
#ifndef TESTS_FUZZ_DRIVE_H
#define TESTS_FUZZ_DRIVE_H

#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX	32768

struct input {
	size_t len;
	uint8_t byte[INPUT_MAX];
};

/* The target, and its words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char fuzz_name[], fuzz_promise[];

/* Changes an input at random; its own for each form. */
void fuzz_mutate(struct input *in);

/* drive.c: a number below, or any; replace @old bytes; an input of the corpus. */
uint64_t fuzz_rnd(uint64_t below);
uint64_t fuzz_odd_number(void);
void fuzz_replace(struct input *in, size_t pos, size_t old,
		  const uint8_t *with, size_t len);
const struct input *fuzz_any(void);

#endif /* TESTS_FUZZ_DRIVE_H */
