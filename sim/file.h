/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are memory: which descriptors of a client can be read and written
 * without ever waiting for anybody, and how.
 */
#ifndef COHMEM_SIM_FILE_H
#define COHMEM_SIM_FILE_H

#include "env.h"

bool cohmem_sim_file_is_memory(int fd);
bool cohmem_sim_file_is_eventfd(int fd);
bool cohmem_sim_file_is_socket(int fd);
int cohmem_sim_file_read(int fd, void *buf, u32 len, u64 pos);
int cohmem_sim_file_write(int fd, const void *buf, u32 len, u64 pos);

#endif /* COHMEM_SIM_FILE_H */
