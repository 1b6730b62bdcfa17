# SPDX-License-Identifier: GPL-2.0-only
# Builds the module out of tree, for any kernel: the one place that knows how
# driver/ and compat/ go together. Used by `make module`, the lab and DKMS.
#
#   make -f compat/module.mk KDIR=<kernel headers> O=<folder> [W=1] [C=2]
#
# The sources are copied to O and built there: kbuild writes beside what it
# reads, and one checkout must serve several kernels at once. In the copy,
# compat/ lies below driver/, and compat/Kbuild beside the driver's Makefile,
# where kbuild prefers it.
KDIR ?= /lib/modules/$(shell uname -r)/build
O ?= build/module
TOP := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))/..)
OUT := $(abspath $(O))
SRC := $(OUT)/driver

.PHONY: module
module:
	@test -e "$(KDIR)/Makefile" || { \
		echo "compat/module.mk: no kernel headers in $(KDIR): install" \
			"linux-headers of the kernel, or give KDIR=" >&2; exit 1; }
	@mkdir -p "$(SRC)"
	@cd $(TOP)/driver && find . -name '*.[ch]' -o -name Makefile | \
		while read -r f; do \
			mkdir -p "$(SRC)/$${f%/*}"; \
			cmp -s "$$f" "$(SRC)/$$f" || \
				cp "$$f" "$(SRC)/$$f"; \
		done
	@cd $(TOP) && find compat -name '*.[ch]' -o -name probes.sh | \
		while read -r f; do \
			mkdir -p "$(SRC)/$${f%/*}"; \
			cmp -s "$$f" "$(SRC)/$$f" || cp "$$f" "$(SRC)/$$f"; \
		done
	@cmp -s "$(TOP)/compat/Kbuild" "$(SRC)/Kbuild" || \
		cp "$(TOP)/compat/Kbuild" "$(SRC)/Kbuild"
	$(MAKE) -C "$(KDIR)" O="$(KDIR)" M="$(SRC)" CONFIG_COHMEM_VFIO_PCI=m modules
	cp "$(SRC)/cohmem_vfio_pci.ko" "$(OUT)/cohmem_vfio_pci.ko"
