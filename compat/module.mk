# SPDX-License-Identifier: GPL-2.0-only
# Builds a module out of tree, for any kernel: the one place that knows how
# driver/ or guest/ and compat/ go together. Used by `make module`, the lab and DKMS.
#
#   make -f compat/module.mk KDIR=<kernel headers> O=<folder> [FROM=guest] [W=1] [C=2]
#
# The sources are copied to O and built there: kbuild writes beside what it
# reads, and one checkout must serve several kernels at once. In the copy,
# compat/ lies below driver/, and compat/Kbuild beside the driver's Makefile,
# where kbuild prefers it. The guest's module has a Kbuild of its own, and the
# driver's core beside its own.
KDIR ?= /lib/modules/$(shell uname -r)/build
O ?= build/module
FROM ?= driver
TOP := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))/..)
OUT := $(abspath $(O))
SRC := $(OUT)/$(FROM)
ifeq ($(FROM),guest)
MODULE := cohmem_guest
KBUILD := guest/Kbuild
else
MODULE := cohmem_vfio_pci
KBUILD := compat/Kbuild
endif

.PHONY: module
module:
	@test -e "$(KDIR)/Makefile" || { \
		echo "compat/module.mk: no kernel headers in $(KDIR): install" \
			"linux-headers of the kernel, or give KDIR=" >&2; exit 1; }
	@mkdir -p "$(SRC)"
	@for d in driver/core $(FROM); do \
		cd "$(TOP)/$$d" && find . -name '*.[ch]' -o -name Makefile | \
		while read -r f; do \
			to="$(SRC)/$$f"; \
			case $$d in */core) to="$(SRC)/core/$$f" ;; esac; \
			mkdir -p "$${to%/*}"; \
			cmp -s "$$f" "$$to" || cp "$$f" "$$to"; \
		done; \
	done
	@cd $(TOP) && find compat -name '*.[ch]' -o -name probes.sh -o -name have.mk | \
		while read -r f; do \
			mkdir -p "$(SRC)/$${f%/*}"; \
			cmp -s "$$f" "$(SRC)/$$f" || cp "$$f" "$(SRC)/$$f"; \
		done
	@cmp -s "$(TOP)/$(KBUILD)" "$(SRC)/Kbuild" || \
		cp "$(TOP)/$(KBUILD)" "$(SRC)/Kbuild"
	$(MAKE) -C "$(KDIR)" O="$(KDIR)" M="$(SRC)" CONFIG_COHMEM_VFIO_PCI=m \
		CONFIG_COHMEM_GUEST=m modules
	cp "$(SRC)/$(MODULE).ko" "$(OUT)/$(MODULE).ko"
