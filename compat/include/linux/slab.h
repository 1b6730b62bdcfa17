/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/slab.h>

#ifndef COHMEM_COMPAT_SLAB_H
#define COHMEM_COMPAT_SLAB_H

/*
 * Since Linux 7.0 ("slab: Introduce kmalloc_obj() and family"), and in stable
 * kernels that have it backported. Those that the driver uses, with the flags
 * it uses. Can go with 6.12.
 */
#ifndef kzalloc_obj
#define kzalloc_obj(obj)	((typeof(obj) *)kzalloc(sizeof(obj), GFP_KERNEL))
#endif
#ifndef kvzalloc_obj
#define kvzalloc_obj(obj)	((typeof(obj) *)kvzalloc(sizeof(obj), GFP_KERNEL))
#endif
#ifndef kvzalloc_objs
#define kvzalloc_objs(obj, nr)						\
	((typeof(obj) *)kvcalloc(nr, sizeof(obj), GFP_KERNEL))
#endif

#endif /* COHMEM_COMPAT_SLAB_H */
