/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host as a model, as the command and the library's own files see it: what
 * libcohmem.h shows to strangers, and the objects with all that is in them. This
 * may change with every version, so it is not installed, and its symbols are
 * LIBCOHMEM_PRIVATE (libcohmem.map): for a command of the same version.
 *
 * Object: a context holds a snapshot of all PCI functions of one host. The
 * host is the tree under a root directory: "" is the running machine, anything
 * else a recorded one, which is how the tests replay machines nobody here owns.
 *
 * Rules: nothing here prints or ends the program. Verbs return 0 or -errno;
 * after an error cohmem_why() holds the subject, the cause and a way out.
 */
#ifndef COHMEM_HOST_H
#define COHMEM_HOST_H

#include <stdint.h>
#include <stdio.h>

#include "chips.h"
#include "env.h"
#include "layout.h"
#include "libcohmem.h"
#include "ready.h"

#define COHMEM_NAME_LEN		64
#define COHMEM_NR_BARS		6
#define COHMEM_RESOURCE_LEN	64

/**
 * struct cohmem_why - what the last failure of a context was
 * @error: -errno
 * @reason: the kind of failure in one stable word
 * @subject: BDF, path or module it is about; empty where there is none
 * @what: what could not be done, and why
 * @hint: what a person can do about it; may be empty
 */
struct cohmem_why {
	int error;
	const char *reason;
	char subject[COHMEM_NAME_LEN];
	char what[512];
	char hint[512];
};

/**
 * struct cohmem_ops - how the library changes the system
 * @write: write @value and a newline to the existing file @path; NULL for the
 *	library's own way
 * @load_module: load kernel module @name; on error put the cause in @err
 *
 * Only for tests, which put a model of the kernel here. Both return 0/-errno.
 */
struct cohmem_ops {
	int (*write)(void *arg, const char *path, const char *value);
	int (*load_module)(void *arg, const char *name, char *err, size_t len);
};

void cohmem_set_ops(struct cohmem_ctx *ctx, const struct cohmem_ops *ops,
		    void *arg);
const struct cohmem_why *cohmem_why(const struct cohmem_ctx *ctx);
const char *cohmem_root(const struct cohmem_ctx *ctx);
void cohmem_set_snapshot(struct cohmem_ctx *ctx, bool keep);
const char *cohmem_error_word(int error);
const char *cohmem_unknown_str(int error);

/* Where a function's memory layout is known from, best first. */
enum cohmem_source {
	COHMEM_SOURCE_NONE,	/* nobody could be asked */
	COHMEM_SOURCE_DRIVER,	/* our driver's sysfs attributes */
	COHMEM_SOURCE_FIRMWARE,	/* _DSD in the ACPI tables */
};

/* One row a property; the names are in ../driver/core/regs.h. */
enum cohmem_prop {
	COHMEM_MEM_BASE,
	COHMEM_MEM_SIZE,
	COHMEM_PXM_START,
	COHMEM_PXM_COUNT,
	COHMEM_DSD_EGM_BASE,
	COHMEM_DSD_EGM_SIZE,
	COHMEM_DSD_EGM_PXM,
	COHMEM_DSD_EGM_RETIRED,
	COHMEM_NR_PROPS,
};

/**
 * struct cohmem_dsd - the _DSD of one function, as the tables spell it
 * @present: bit n: property n is there
 * @opaque: bit n: there, but not a constant a reader of the tables can know
 * @value: the values; of the present and not opaque ones only
 */
struct cohmem_dsd {
	u32 present;
	u32 opaque;
	u64 value[COHMEM_NR_PROPS];
};

/**
 * struct cohmem_memory - the coherent memory of one function
 * @state: what is known at all
 * @source: who said so
 * @reason: why it cannot be used, where @state is COHMEM_MEM_BAD
 * @why_unknown: a short sentence, where @state is COHMEM_MEM_UNKNOWN
 * @hint: the way out, then
 * @base: physical address; valid where @has_base
 * @has_base: the source knows physical addresses
 * @size: bytes
 * @onlined: the host uses it as System RAM at present; -1 = unknown
 * @placement: "split", "whole" .. or NULL where it is not known
 * @layout: the regions; nr is 0 where @placement is NULL
 */
struct cohmem_memory {
	enum cohmem_mem_state state;
	enum cohmem_source source;
	enum cohmem_reason reason;
	const char *why_unknown;
	const char *hint;
	u64 base;
	bool has_base;
	u64 size;
	int onlined;
	const char *placement;
	struct cohmem_layout layout;
};

/*
 * What our driver tells about a function it is bound to, or about the EGM of a
 * socket: one file each.
 */
enum cohmem_fact_id {
	COHMEM_FACT_MODE,		/* "coherent", or "plain" */
	COHMEM_FACT_READY_STATE,	/* cohmem_ready_state_name() */
	COHMEM_FACT_READY_FAIL,		/* cohmem_fail_name(); "none" */
	COHMEM_FACT_READY_MS,
	COHMEM_FACT_GENERATION,		/* resets seen */
	COHMEM_FACT_POISON_COUNT,
	COHMEM_FACT_POISON_OVERFLOW,	/* more than can be remembered */
	COHMEM_FACT_POISON_POLICY,	/* "map" or "refuse" */
	COHMEM_FACT_SCRUB,		/* policy */
	COHMEM_FACT_SCRUB_STATE,
	COHMEM_FACT_SCRUB_RESULT,	/* how the last clearing ended */
	COHMEM_FACT_SCRUB_DIRTY,	/* data of the last user may be there */
	COHMEM_FACT_SCRUB_BYTES,
	COHMEM_FACT_SCRUB_SKIPPED,
	COHMEM_FACT_SCRUB_MS,
	COHMEM_FACT_SCRUB_CPUS,
	COHMEM_FACT_SCRUB_ACCEPT_BAD,
	COHMEM_FACT_FLUSH_ON_RESET,
	COHMEM_FACT_PXM_START,		/* proximity domains of the memory */
	COHMEM_FACT_PXM_COUNT,
	COHMEM_FACT_SOCKET,
	COHMEM_FACT_EGM_BASE,
	COHMEM_FACT_EGM_SIZE,
	COHMEM_FACT_EGM_PXM,
	COHMEM_FACT_EGM,		/* "ok", or why not: host_egm.h */
	COHMEM_FACT_USER,		/* who has it: of EGM only, as the next */
	COHMEM_FACT_RETIRED_COUNT,	/* blocks that firmware has retired */
	COHMEM_NR_FACTS,
};

enum cohmem_fact_kind {
	COHMEM_FACT_WORD,
	COHMEM_FACT_NUMBER,
	COHMEM_FACT_BOOL,
	COHMEM_FACT_ADDRESS,
};

/* Of what a fact is told. */
#define COHMEM_FACT_OF_GPU	0x1
#define COHMEM_FACT_OF_EGM	0x2

/**
 * struct cohmem_fact_def - a fact, described once for all
 * @file: its file in sysfs, and its key in JSON
 * @kind: what the file holds
 * @of: COHMEM_FACT_OF_*
 */
struct cohmem_fact_def {
	const char *file;
	enum cohmem_fact_kind kind;
	unsigned int of;
};

const struct cohmem_fact_def *cohmem_fact_def(enum cohmem_fact_id id);

/**
 * struct cohmem_fact - what one file says
 * @error: 0, or why it is not known
 * @number: the number, of all kinds but words
 * @word: the word, of that kind
 */
struct cohmem_fact {
	int error;
	u64 number;
	char word[COHMEM_NAME_LEN];
};

/**
 * struct cohmem_bound - what our driver says about a function it is bound to
 * @valid: the function is bound to it and its mode could be read; EGM: it lends it
 * @fact: the facts
 * @poison_error: 0, or why the list of bad pages is not known
 * @nr_poison: bad pages listed; may be less than the fact counts
 * @poison: their addresses
 * @retired_error: 0, or why the list of retired blocks is not known; of EGM
 * @nr_retired: blocks listed; may be less than the fact counts
 * @retired: their addresses
 */
struct cohmem_bound {
	bool valid;
	struct cohmem_fact fact[COHMEM_NR_FACTS];
	int poison_error;
	unsigned int nr_poison;
	u64 *poison;
	int retired_error;
	unsigned int nr_retired;
	u64 *retired;
};

/**
 * struct cohmem_bar_info - a real BAR
 * @base: where the kernel put it; 0 = nowhere
 * @size: bytes; 0 = not there
 * @prefetch: prefetchable
 * @is_64: 64-bit; takes the next index too
 * @is_io: I/O ports, not memory
 */
struct cohmem_bar_info {
	u64 base;
	u64 size;
	bool prefetch;
	bool is_64;
	bool is_io;
};

/* Bits of cohmem_func.unknown. */
enum cohmem_id {
	COHMEM_ID_VENDOR,
	COHMEM_ID_DEVICE,
	COHMEM_ID_SUBVENDOR,
	COHMEM_ID_SUBDEVICE,
	COHMEM_ID_CLASS,
	COHMEM_ID_REVISION,
};

/**
 * struct cohmem_func - one PCI function of the host
 * @bdf: "0009:01:00.0"
 * @domain: PCI segment
 * @bus: bus
 * @dev: device
 * @fn: function
 * @vendor: id
 * @device: id
 * @subvendor: id
 * @subdevice: id
 * @class: 24 bits: base class, sub-class, interface
 * @revision: revision id
 * @unknown: bit n: id n of enum cohmem_id could not be read
 * @name: a name for people, never empty
 * @driver: bound driver, or empty
 * @override: driver_override, or empty
 * @numa_node: NUMA node, -1 = none
 * @group: IOMMU group, -1 = none
 * @is_vf: an SR-IOV virtual function
 * @is_bridge: its header is a bridge's
 * @vfio_cdev: N of /dev/vfio/devices/vfioN, or -1
 * @is_vfio: bound to a VFIO driver
 * @is_known: its id is in the table of known parts
 * @is_selfhosted: its id is in a range of GPUs with coherent memory
 * @acpi_path: ACPI path, or empty
 * @announced: the ACPI tables hold properties for that path
 * @dsd: these properties
 * @is_egm: no function, but the EGM of a socket: host_egm.h
 *
 * Filled by cohmem_func_load() only:
 * @loaded: the rest is valid
 * @bar: real BARs
 * @config_size: bytes of config space that could be read
 * @has_nv_dvsec: the NVIDIA DVSEC is there
 * @nv_flags: its flag word
 * @has_cxl_dvsec: the CXL Device DVSEC is there
 * @cxl_cap: its capability word
 * @memory: what follows from all that
 * @bound: our driver's attributes
 * @link_speed: PCIe, as sysfs says it, or empty
 * @link_width: PCIe lanes, 0 = unknown
 */
struct cohmem_func {
	char bdf[COHMEM_BDF_LEN];
	u32 domain;
	u8 bus;
	u8 dev;
	u8 fn;
	u16 vendor;
	u16 device;
	u16 subvendor;
	u16 subdevice;
	u32 class;
	u8 revision;
	u32 unknown;
	char name[128];
	char driver[COHMEM_NAME_LEN];
	char override[COHMEM_NAME_LEN];
	int numa_node;
	int group;
	bool is_vf;
	bool is_bridge;
	int vfio_cdev;
	bool is_vfio;
	bool is_known;
	bool is_selfhosted;
	char acpi_path[256];
	bool announced;
	struct cohmem_dsd dsd;
	bool is_egm;

	bool loaded;
	struct cohmem_bar_info bar[COHMEM_NR_BARS];
	unsigned int config_size;
	bool has_nv_dvsec;
	u16 nv_flags;
	bool has_cxl_dvsec;
	u16 cxl_cap;
	struct cohmem_memory memory;
	struct cohmem_bound bound;
	char link_speed[32];
	unsigned int link_width;
};

void cohmem_func_glance(struct cohmem_ctx *ctx, struct cohmem_func *f);
bool cohmem_func_is_stray(const struct cohmem_func *f);
bool cohmem_fact_known(const struct cohmem_func *f, enum cohmem_fact_id id);
u64 cohmem_fact_number(const struct cohmem_func *f, enum cohmem_fact_id id);
const char *cohmem_fact_word(const struct cohmem_func *f,
			     enum cohmem_fact_id id);
const char *cohmem_scrub_end(const char *word, const char **hint);
const char *cohmem_source_name(enum cohmem_source source);
const char *cohmem_prop_name(enum cohmem_prop prop);
const char *cohmem_class_name(u32 class);
void cohmem_resource_name(const struct cohmem_func *f,
			  char buf[COHMEM_RESOURCE_LEN]);

/**
 * struct cohmem_user - a process that holds a function open
 * @pid: its id
 * @comm: its name; whole where its command line tells it
 * @guest: the name of the virtual machine it runs, or empty
 * @path: the device file it holds
 */
struct cohmem_user {
	int pid;
	char comm[COHMEM_NAME_LEN];
	char guest[COHMEM_NAME_LEN];
	char path[COHMEM_NAME_LEN];
};

int cohmem_users(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		 struct cohmem_user *users, unsigned int max);
const char *cohmem_users_unknown(struct cohmem_ctx *ctx,
				 const struct cohmem_func *f);

/* What keeps a function of a group from being handed out with it. */
enum cohmem_viability {
	COHMEM_VIABLE_BRIDGE,	/* bridges do not count */
	COHMEM_VIABLE_UNBOUND,	/* nobody drives it: harmless */
	COHMEM_VIABLE_VFIO,	/* a VFIO driver, or pci-stub */
	COHMEM_NOT_VIABLE,	/* a host driver uses it */
};

enum cohmem_viability cohmem_func_viability(const struct cohmem_func *f);

enum cohmem_action {
	COHMEM_LOAD_MODULE,	/* @value: module; @optional: failure is noted */
	COHMEM_CHECK_DRIVER,	/* @path: a VFIO driver @value is there now */
	COHMEM_SAVE_STATE,	/* @path: the state file */
	COHMEM_WRITE,		/* @path, @value */
	COHMEM_EXPECT_DRIVER,	/* @bdf is bound to @value; "" = to none,
				 * "*" = to whatever the kernel picked
				 */
	COHMEM_FORGET_STATE,	/* @path: the state file */
	COHMEM_WRITE_RULE,	/* @path: the udev rule, which says plan->rule */
	COHMEM_REMOVE_RULE,	/* @path: the udev rule */
};

/**
 * struct cohmem_step - one thing done to the system
 * @action: what
 * @bdf: function it is about; empty for modules
 * @path: file, without the root
 * @value: what is written, loaded or expected
 * @optional: failing is worth a note, no more
 */
struct cohmem_step {
	enum cohmem_action action;
	char bdf[COHMEM_BDF_LEN];
	char path[128];
	char value[COHMEM_NAME_LEN];
	bool optional;
};

#define COHMEM_MAX_MEMBERS	32
#define COHMEM_RULE_LEN		(512 * COHMEM_MAX_MEMBERS)

/**
 * struct cohmem_binding - how one function was and is bound
 * @bdf: the function
 * @driver: driver it had before; empty = none
 * @override: driver_override it had before; empty = none
 * @bound_to: driver it is given; empty = none, "*" = the kernel's choice
 */
struct cohmem_binding {
	char bdf[COHMEM_BDF_LEN];
	char driver[COHMEM_NAME_LEN];
	char override[COHMEM_NAME_LEN];
	char bound_to[COHMEM_NAME_LEN];
};

/**
 * struct cohmem_record - the state file of one bind
 * @bdf: the function that bind was asked for
 * @nr: members; 0 = no record
 * @member: them, @bdf's own first
 */
struct cohmem_record {
	char bdf[COHMEM_BDF_LEN];
	unsigned int nr;
	struct cohmem_binding member[COHMEM_MAX_MEMBERS];
};

int cohmem_record_read(struct cohmem_ctx *ctx, const char *bdf,
		       struct cohmem_record *rec);

/**
 * struct cohmem_plan - all that bind or unbind does, in order
 * @bdf: the function it was made for
 * @driver: the driver it will have; "" for none, "*" for the kernel's choice
 * @nr_members: functions that change driver
 * @member: them, as they are now and will be
 * @nr: number of steps; 0 = nothing to do
 * @step: the steps
 * @room: of @step
 * @old: record of an earlier bind
 * @record: record that COHMEM_SAVE_STATE writes
 * @rule: udev rule that COHMEM_WRITE_RULE writes
 * @old_rule: what it says now, or NULL; allocated
 * @users_unknown: why nobody can say who holds the members open, or NULL
 */
struct cohmem_plan {
	char bdf[COHMEM_BDF_LEN];
	char driver[COHMEM_NAME_LEN];
	unsigned int nr_members;
	struct cohmem_binding member[COHMEM_MAX_MEMBERS];
	unsigned int nr;
	struct cohmem_step *step;
	unsigned int room;
	struct cohmem_record old;
	struct cohmem_record record;
	char rule[COHMEM_RULE_LEN];
	char *old_rule;
	const char *users_unknown;
};

typedef void cohmem_step_fn(void *arg, const struct cohmem_step *step);

int cohmem_plan_bind(struct cohmem_ctx *ctx, const char *bdf,
		     const char *driver, unsigned int flags,
		     struct cohmem_plan *plan);
int cohmem_plan_unbind(struct cohmem_ctx *ctx, const char *bdf,
		       unsigned int flags, struct cohmem_plan *plan);
int cohmem_plan_run(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		    cohmem_step_fn *done, void *arg);
void cohmem_plan_free(struct cohmem_plan *plan);
const char *cohmem_action_name(enum cohmem_action action);
bool cohmem_is_persistent(const struct cohmem_ctx *ctx, const char *bdf);
void cohmem_rule_path(const char *bdf, char *buf, size_t size);
u64 cohmem_now_ms(void);
int cohmem_driver_canonical(struct cohmem_ctx *ctx, const char *name,
			    char out[COHMEM_NAME_LEN]);

#endif /* COHMEM_HOST_H */
