// SPDX-License-Identifier: GPL-2.0-only
/*
 * "A page of yours has gone bad". memory_failure() does not tell the owner of a
 * page frame without struct page; it only asks where a VMA shows it, once for
 * each VMA that hangs on the owner's mapping and whose process it is going to
 * signal. So the question is taken for the notice. An error that no such process
 * has met is not heard of.
 */
#include <linux/memory-failure.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#undef pfn_address_space
#undef register_pfn_address_space
#undef unregister_pfn_address_space

static LIST_HEAD(spaces);
/* Guards the list; taken where nothing may sleep. */
static DEFINE_SPINLOCK(spaces_lock);

static int asked(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	int (*answer)(struct vm_area_struct *vma, unsigned long pfn,
		      pgoff_t *pgoff) = NULL;
	struct cohmem_compat_space *s;

	spin_lock(&spaces_lock);
	list_for_each_entry(s, &spaces, list) {
		if (pfn < s->node.start || pfn > s->node.last)
			continue;
		s->failed(s, pfn);
		answer = s->pfn_to_vma_pgoff;
		break;
	}
	spin_unlock(&spaces_lock);
	return answer ? answer(vma, pfn, pgoff) : -ENOENT;
}

/**
 * cohmem_compat_register_space() - register_pfn_address_space(), with the hook
 * @space: the range and what to do about it
 *
 * Context: may sleep.
 * Return: as register_pfn_address_space(), or -ENOMEM.
 */
int cohmem_compat_register_space(struct cohmem_compat_space *space)
{
	struct pfn_address_space *real = kzalloc_obj(*real);
	int ret;

	if (!real)
		return -ENOMEM;
	real->node.start = space->node.start;
	real->node.last = space->node.last;
	real->mapping = space->mapping;
	real->pfn_to_vma_pgoff = asked;
	space->real = real;
	spin_lock(&spaces_lock);
	list_add(&space->list, &spaces);
	spin_unlock(&spaces_lock);

	ret = register_pfn_address_space(real);
	if (ret) {
		spin_lock(&spaces_lock);
		list_del(&space->list);
		spin_unlock(&spaces_lock);
		kfree(real);
	}
	return ret;
}

/**
 * cohmem_compat_unregister_space() - unregister_pfn_address_space()
 * @space: registered by cohmem_compat_register_space()
 *
 * Context: may sleep.
 */
void cohmem_compat_unregister_space(struct cohmem_compat_space *space)
{
	unregister_pfn_address_space(space->real);
	spin_lock(&spaces_lock);
	list_del(&space->list);
	spin_unlock(&spaces_lock);
	kfree(space->real);
}
