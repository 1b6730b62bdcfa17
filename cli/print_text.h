/* SPDX-License-Identifier: GPL-2.0-only */
/* The two files of the text printer. */
#ifndef COHMEM_PRINT_TEXT_H
#define COHMEM_PRINT_TEXT_H

#include "cohmem.h"

/* show_text.c */
void show_text(struct cli *cli, const struct view *views, unsigned int nr);

#endif /* COHMEM_PRINT_TEXT_H */
