# SPDX-License-Identifier: GPL-2.0-only
# Builds the module out of tree, for any kernel: the one place that knows how
# driver/ and compat/ go together. Used by `make module`, the lab and DKMS.
#
#   make -f compat/module.mk KDIR=<kernel headers> O=<folder> [W=1] [C=2]
#
# The sources are copied to O and built there: kbuild writes beside what it
# reads, and one checkout must serve several kernels at once.
KDIR ?= /lib/modules/$(shell uname -r)/build
O ?= build/module
TOP := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))/..)
OUT := $(abspath $(O))

# Shadow headers come before the kernel's own. NOSTDINC_FLAGS is where kbuild
# lets an external module put a search path in front.
export NOSTDINC_FLAGS := -I$(OUT)/compat/include

.PHONY: module
module:
	mkdir -p $(OUT)
	cd $(TOP) && find driver compat -type f \( -name '*.[ch]' -o -name Makefile \
		-o -name 'Kbuild*' -o -name '*.mk' \) | \
		while read -r f; do \
			mkdir -p "$(OUT)/$$(dirname "$$f")"; \
			cmp -s "$$f" "$(OUT)/$$f" || cp "$$f" "$(OUT)/$$f"; \
		done
	$(MAKE) -C $(KDIR) O=$(KDIR) M=$(OUT)/driver CONFIG_COHMEM_VFIO_PCI=m modules
	cp $(OUT)/driver/cohmem_vfio_pci.ko $(OUT)/cohmem_vfio_pci.ko
