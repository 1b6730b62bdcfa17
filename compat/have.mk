# SPDX-License-Identifier: GPL-2.0-only
# What this kernel has, found out by looking into its headers, and the shadow
# headers in front of them. Included by the modules' Kbuild files.
have := $(shell $(CONFIG_SHELL) $(src)/compat/probes.sh $(srctree)/include)
ifeq ($(have),)
$(error compat/probes.sh found nothing in $(srctree)/include: not a kernel's headers?)
endif

# The only place where kbuild lets an external module put a search path in front.
NOSTDINC_FLAGS := -I$(src)/compat/include $(have) $(NOSTDINC_FLAGS)
ccflags-y += -I$(src)

lacks = $(if $(filter -DCOHMEM_HAVE_$(1),$(have)),,$(2))
