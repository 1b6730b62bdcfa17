/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: every change of state, and every fault. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cohmem

#if !defined(COHMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define COHMEM_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

#include "core/ready.h"

TRACE_EVENT(cohmem_ready_state,
	TP_PROTO(struct pci_dev *pdev, const struct cohmem_ready *ready,
		 u64 waited_ms),
	TP_ARGS(pdev, ready, waited_ms),
	TP_STRUCT__entry(
		__string(device, pci_name(pdev))
		__field(unsigned int, state)
		__field(unsigned int, fail)
		__field(u64, generation)
		__field(u64, waited_ms)
	),
	TP_fast_assign(
		__assign_str(device);
		__entry->state = ready->state;
		__entry->fail = ready->fail;
		__entry->generation = ready->generation;
		__entry->waited_ms = waited_ms;
	),
	TP_printk("%s %s fail=%u generation=%llu waited_ms=%llu",
		  __get_str(device),
		  __print_symbolic(__entry->state,
				   { COHMEM_RESETTING, "resetting" },
				   { COHMEM_WAITING, "waiting" },
				   { COHMEM_READY, "ready" },
				   { COHMEM_FAILED, "failed" }),
		  __entry->fail, __entry->generation, __entry->waited_ms)
);

TRACE_EVENT(cohmem_fault,
	TP_PROTO(struct pci_dev *pdev, unsigned int index, u64 offset,
		 unsigned int order, unsigned int result),
	TP_ARGS(pdev, index, offset, order, result),
	TP_STRUCT__entry(
		__string(device, pci_name(pdev))
		__field(unsigned int, index)
		__field(u64, offset)
		__field(unsigned int, order)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__assign_str(device);
		__entry->index = index;
		__entry->offset = offset;
		__entry->order = order;
		__entry->result = result;
	),
	TP_printk("%s region=%u offset=0x%llx order=%u result=0x%x",
		  __get_str(device), __entry->index, __entry->offset,
		  __entry->order, __entry->result)
);

#endif /* COHMEM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
