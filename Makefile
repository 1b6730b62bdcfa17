# SPDX-License-Identifier: GPL-2.0-only
# The front door. `make help` lists what it does.

MODEL ?= gh200
# More than one GPU, for `demo`.
GPUS ?= 1
MORE = $(filter-out 1,$(GPUS))
HBM ?= $(if $(MORE),4G,96G)
# A kernel of the lab (7.3, 7.2, 6.12, 6.1) and its flavour; for `module` both
# are optional, and the running kernel is the default.
LABKERNEL = $(or $(KERNEL),7.3)
FLAVOUR ?= $(or $(ARCH),arm64)
# driver, or guest for the guest's module.
FROM ?= driver
BUILD = build

.PHONY: help demo check check-fast tools module shell run bench matrix torture deb \
	export-patch dkms-install install clean distclean

help: ## this list
	@echo "cohmem: GPUs with CPU-coherent memory for virtual machines"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  MODEL=gh200|gb200|gb300|next  HBM=96G  EGM=8G GPUS=4 (demo)  KERNEL=7.3|7.2|6.12|6.1"
	@echo "  LIKE=FILE#BDF (make shell: a GPU as cohmem record has written it down)"
	@echo "  module FROM=guest: cohmem_guest.ko, for the guest"
	@echo "  ARCH=arm64|amd64  FLAVOUR=arm64|arm64-16k|amd64  O=DIR"
	@echo "  cache: $${COHMEM_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/cohmem} (COHMEM_CACHE)"

demo: tools ## the main job: an emulated superchip's GPU assigned to a virtual machine
	@lab/run $(MODEL)$(MORE:%=x%)-demo --hbm $(HBM) $(if $(EGM),--egm $(EGM)) --kernel $(LABKERNEL) --flavour $(FLAVOUR)

check: tools ## the tests, in and out of the lab
	@tests/check

check-fast: tools ## the tests that need no virtual machine (two minutes)
	@tests/run $(BUILD)

tools: $(BUILD)/build.ninja ## cohmem, cohmem-sim and the tests, in build/
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@lab/host-deps
	@meson setup $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

module: ## cohmem_vfio_pci.ko in O=DIR, for KERNEL= and ARCH= (default: the running kernel)
ifdef KERNEL
	@lab/module $(KERNEL) $(FLAVOUR) FROM=$(FROM) O=$(or $(O),$(BUILD)/module)
else
	@$(MAKE) -f compat/module.mk FROM=$(FROM) O=$(or $(O),$(BUILD)/module)
endif

shell: tools ## an interactive shell in L1, the emulated superchip's host
	@lab/run $(MODEL)-boot --hbm $(HBM) --kernel $(LABKERNEL) --flavour $(FLAVOUR) --shell \
		$(if $(LIKE),--like '$(LIKE)')

run: tools ## one scenario by name: make run S=gh200-basic KERNEL=6.12
	@lab/run $(S) --kernel $(LABKERNEL) --flavour $(FLAVOUR)

torture: tools ## lockdep, KASAN, kmemleak and fault injection; writes docs/torture.md; HOURS=N: fuzzing
	@lab/torture $(if $(HOURS),--hours $(HOURS))

bench: tools ## speed, as a report: ours, the in-tree peer and plain vfio-pci in one boot
	@bench/run --model $(MODEL) --hbm $(HBM) --kernel $(LABKERNEL) --flavour $(FLAVOUR)

matrix: tools ## every kernel, built and run; every patch; old Debian; a real kubelet
	@lab/matrix
	@tests/kubelet
	@packaging/test-install bookworm
	@packaging/export-patch --check --each
	@packaging/export-patch --core --check
	@packaging/export-patch --nvgrace --check

deb: ## Debian packages, in build/deb
	@packaging/build-deb

export-patch: ## the patch series for drivers/vfio/pci/cohmem, in build/patches
	@packaging/export-patch

dkms-install: ## install the module for the running kernel, by DKMS
	@packaging/dkms-install

install: tools ## programs, library, man pages, documents and completion, below DESTDIR
	@meson install -C $(BUILD)
	@[ -n "$(DESTDIR)" ] || ldconfig

clean: ## what was built here
	rm -rf $(BUILD)

distclean: clean ## that, and the lab's cache (downloads, images, logs)
	@lab/distclean
