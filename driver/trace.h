/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what a person wants to see when a GPU does not work, and what
 * would flood the log.
 *
 * Devices are recorded as numbers and not as strings, so that an event costs
 * little in the fault path and can be filtered ("devid == 0x100").
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cohmem

#if !defined(COHMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define COHMEM_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

#include "device.h"
#include "wipe.h"

TRACE_DEFINE_ENUM(COHMEM_CLEAN_WRITE);
TRACE_DEFINE_ENUM(COHMEM_CLEAN_WIPE);
TRACE_DEFINE_ENUM(COHMEM_CLEAN_USERS);
TRACE_DEFINE_ENUM(COHMEM_RESETTING);
TRACE_DEFINE_ENUM(COHMEM_WAITING);
TRACE_DEFINE_ENUM(COHMEM_READY);
TRACE_DEFINE_ENUM(COHMEM_FAILED);
TRACE_DEFINE_ENUM(COHMEM_FAIL_NONE);
TRACE_DEFINE_ENUM(COHMEM_FAIL_C2C);
TRACE_DEFINE_ENUM(COHMEM_FAIL_HBM);
TRACE_DEFINE_ENUM(COHMEM_FAIL_INFO_VALID);
TRACE_DEFINE_ENUM(COHMEM_FAIL_ACTIVE);
TRACE_DEFINE_ENUM(COHMEM_FAIL_CLEAR);
TRACE_DEFINE_ENUM(COHMEM_FAIL_GONE);
TRACE_DEFINE_ENUM(COHMEM_SCRUB_BEGIN);
TRACE_DEFINE_ENUM(COHMEM_SCRUB_PROGRESS);
TRACE_DEFINE_ENUM(COHMEM_SCRUB_END);

#define cohmem_show_state(val)						\
	__print_symbolic(val,						\
			 { COHMEM_RESETTING,	"resetting" },		\
			 { COHMEM_WAITING,	"waiting" },		\
			 { COHMEM_READY,	"ready" },		\
			 { COHMEM_FAILED,	"failed" })

#define cohmem_show_fail(val)						\
	__print_symbolic(val,						\
			 { COHMEM_FAIL_NONE,	"none" },		\
			 { COHMEM_FAIL_C2C,	"c2c" },		\
			 { COHMEM_FAIL_HBM,	"hbm" },		\
			 { COHMEM_FAIL_INFO_VALID, "info-valid" },	\
			 { COHMEM_FAIL_ACTIVE,	"active" },		\
			 { COHMEM_FAIL_CLEAR,	"clear" },		\
			 { COHMEM_FAIL_GONE,	"gone" })

#define cohmem_show_scrub(val)						\
	__print_symbolic(val,						\
			 { COHMEM_SCRUB_BEGIN,	"begin" },		\
			 { COHMEM_SCRUB_PROGRESS, "progress" },		\
			 { COHMEM_SCRUB_END,	"end" })

#define cohmem_show_clean(val)						\
	__print_symbolic(val,						\
			 { COHMEM_CLEAN_WRITE,	"write" },		\
			 { COHMEM_CLEAN_WIPE,	"wipe" },		\
			 { COHMEM_CLEAN_USERS,	"users" })

#define COHMEM_TRACE_DEV_FMT	"%04x:%02x:%02x.%d"
/*
 * The readiness machine moved. "resetting" begins a reset and "waiting" ends
 * it; resets nest, @depth says how deep. @waited_ms is the length of the wait
 * that a move to "ready" or "failed" ends.
 */
TRACE_EVENT(cohmem_ready_state,
	TP_PROTO(struct pci_dev *pdev, const struct cohmem_ready *ready,
		 u64 waited_ms),
	TP_ARGS(pdev, ready, waited_ms),
	TP_STRUCT__entry(
		__field(u16, domain)
		__field(u16, devid)
		__field(u8, state)
		__field(u8, fail)
		__field(u32, depth)
		__field(u64, generation)
		__field(u64, waited_ms)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->devid = pci_dev_id(pdev);
		__entry->state = ready->state;
		__entry->fail = ready->fail;
		__entry->depth = ready->depth;
		__entry->generation = ready->generation;
		__entry->waited_ms = waited_ms;
	),
	TP_printk(COHMEM_TRACE_DEV_FMT " %s fail=%s generation=%llu depth=%u waited_ms=%llu",
		  __entry->domain, PCI_BUS_NUM(__entry->devid),
		  PCI_SLOT(__entry->devid & 0xff),
		  PCI_FUNC(__entry->devid & 0xff),
		  cohmem_show_state(__entry->state),
		  cohmem_show_fail(__entry->fail), __entry->generation,
		  __entry->depth, __entry->waited_ms)
);

/*
 * A fault on usemem or resmem was answered: @off is the offset in the region,
 * @order the leaf that was asked for, @ret the vm_fault_t as a number.
 */
TRACE_EVENT(cohmem_fault,
	TP_PROTO(struct pci_dev *pdev, unsigned int bar, u64 off,
		 unsigned int order, unsigned int ret),
	TP_ARGS(pdev, bar, off, order, ret),
	TP_STRUCT__entry(
		__field(u16, domain)
		__field(u16, devid)
		__field(u8, bar)
		__field(u8, order)
		__field(u32, ret)
		__field(u64, off)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->devid = pci_dev_id(pdev);
		__entry->bar = bar;
		__entry->order = order;
		__entry->ret = ret;
		__entry->off = off;
	),
	TP_printk(COHMEM_TRACE_DEV_FMT " bar=%u off=0x%llx order=%u ret=0x%x",
		  __entry->domain, PCI_BUS_NUM(__entry->devid),
		  PCI_SLOT(__entry->devid & 0xff),
		  PCI_FUNC(__entry->devid & 0xff),
		  __entry->bar, __entry->off,
		  __entry->order, __entry->ret)
);

/* A page went bad; @nr are known now, @kept says whether it could be noted. */
TRACE_EVENT(cohmem_poison,
	TP_PROTO(struct pci_dev *pdev, u64 phys, unsigned int nr, bool kept),
	TP_ARGS(pdev, phys, nr, kept),
	TP_STRUCT__entry(
		__field(u16, domain)
		__field(u16, devid)
		__field(bool, kept)
		__field(u32, nr)
		__field(u64, phys)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->devid = pci_dev_id(pdev);
		__entry->kept = kept;
		__entry->nr = nr;
		__entry->phys = phys;
	),
	TP_printk(COHMEM_TRACE_DEV_FMT " phys=0x%llx nr=%u kept=%d",
		  __entry->domain, PCI_BUS_NUM(__entry->devid),
		  PCI_SLOT(__entry->devid & 0xff),
		  PCI_FUNC(__entry->devid & 0xff),
		  __entry->phys, __entry->nr,
		  __entry->kept)
);

/* Clearing the memory between two users. */
TRACE_EVENT(cohmem_scrub,
	TP_PROTO(struct pci_dev *pdev, enum cohmem_scrub_event event, u64 bytes,
		 u64 total, u64 ms, int ret),
	TP_ARGS(pdev, event, bytes, total, ms, ret),
	TP_STRUCT__entry(
		__field(u16, domain)
		__field(u16, devid)
		__field(u8, event)
		__field(int, ret)
		__field(u64, bytes)
		__field(u64, total)
		__field(u64, ms)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->devid = pci_dev_id(pdev);
		__entry->event = event;
		__entry->ret = ret;
		__entry->bytes = bytes;
		__entry->total = total;
		__entry->ms = ms;
	),
	TP_printk(COHMEM_TRACE_DEV_FMT " %s bytes=%llu total=%llu ms=%llu ret=%d",
		  __entry->domain, PCI_BUS_NUM(__entry->devid),
		  PCI_SLOT(__entry->devid & 0xff),
		  PCI_FUNC(__entry->devid & 0xff),
		  cohmem_show_scrub(__entry->event),
		  __entry->bytes, __entry->total, __entry->ms, __entry->ret)
);

/*
 * A fault on Extended GPU Memory was answered: @pxm is its proximity domain, the
 * rest as of cohmem_fault.
 */
TRACE_EVENT(cohmem_egm_fault,
	TP_PROTO(unsigned int pxm, u64 off, unsigned int order,
		 unsigned int ret),
	TP_ARGS(pxm, off, order, ret),
	TP_STRUCT__entry(
		__field(u8, pxm)
		__field(u8, order)
		__field(u32, ret)
		__field(u64, off)
	),
	TP_fast_assign(
		__entry->pxm = pxm;
		__entry->order = order;
		__entry->ret = ret;
		__entry->off = off;
	),
	TP_printk("egm%u off=0x%llx order=%u ret=0x%x", __entry->pxm,
		  __entry->off, __entry->order, __entry->ret)
);

/* Clearing Extended GPU Memory between two users. */
TRACE_EVENT(cohmem_egm_scrub,
	TP_PROTO(unsigned int pxm, enum cohmem_scrub_event event, u64 bytes,
		 u64 total, u64 ms, int ret),
	TP_ARGS(pxm, event, bytes, total, ms, ret),
	TP_STRUCT__entry(
		__field(u8, pxm)
		__field(u8, event)
		__field(int, ret)
		__field(u64, bytes)
		__field(u64, total)
		__field(u64, ms)
	),
	TP_fast_assign(
		__entry->pxm = pxm;
		__entry->event = event;
		__entry->ret = ret;
		__entry->bytes = bytes;
		__entry->total = total;
		__entry->ms = ms;
	),
	TP_printk("egm%u %s bytes=%llu total=%llu ms=%llu ret=%d",
		  __entry->pxm, cohmem_show_scrub(__entry->event),
		  __entry->bytes, __entry->total, __entry->ms, __entry->ret)
);

/*
 * Nothing of @len bytes at @off of the region at @bar is left in a CPU's cache,
 * of what the kernel has written there; @why says who wanted it.
 */
TRACE_EVENT(cohmem_cache_clean,
	TP_PROTO(struct pci_dev *pdev, unsigned int bar, u64 off, u64 len,
		 enum cohmem_clean why),
	TP_ARGS(pdev, bar, off, len, why),
	TP_STRUCT__entry(
		__field(u16, domain)
		__field(u16, devid)
		__field(u8, bar)
		__field(u8, why)
		__field(u64, off)
		__field(u64, len)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->devid = pci_dev_id(pdev);
		__entry->bar = bar;
		__entry->why = why;
		__entry->off = off;
		__entry->len = len;
	),
	TP_printk(COHMEM_TRACE_DEV_FMT " bar=%u off=0x%llx len=0x%llx why=%s",
		  __entry->domain, PCI_BUS_NUM(__entry->devid),
		  PCI_SLOT(__entry->devid & 0xff),
		  PCI_FUNC(__entry->devid & 0xff),
		  __entry->bar, __entry->off, __entry->len,
		  cohmem_show_clean(__entry->why))
);

#endif /* COHMEM_TRACE_H */

/* Found by -I$(src): the same in a kernel tree and outside of one. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
