/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings of check, for people and for programs. */
#ifndef COHMEM_PRINT_CHECK_H
#define COHMEM_PRINT_CHECK_H

#include "check.h"
#include "cohmem.h"

void check_text(struct cli *cli, const struct cohmem_check *c);
void check_json(struct cli *cli, const struct cohmem_check *c);

#endif /* COHMEM_PRINT_CHECK_H */
