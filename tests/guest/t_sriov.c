// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vfio-pci offers besides a GPU's memory: virtual functions and PASIDs.
 *
 * The emulated GPU has no virtual functions. A network card that QEMU emulates
 * has (COHMEM_SRIOV, its address; lab/scenarios/sriov): the driver takes it as
 * it takes any function that announces no coherent memory. COHMEM_DRIVER names
 * another driver to try the same with.
 *
 * Number as in t_weakness.c.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"
#include "uapi.h"

#define TOKEN	"83d1ad66-1a3c-4b6e-9d5b-5b4b5a3c2e01"
#define WRONG	"83d1ad66-1a3c-4b6e-9d5b-5b4b5a3c2e02"
/* TOKEN as it goes into the kernel: a uuid_t, in the order it is written. */
static const u8 token[16] = {
	0x83, 0xd1, 0xad, 0x66, 0x1a, 0x3c, 0x4b, 0x6e,
	0x9d, 0x5b, 0x5b, 0x4b, 0x5a, 0x3c, 0x2e, 0x01,
};

#define OURS	"cohmem_vfio_pci"

static const char *driver(void)
{
	const char *name = getenv("COHMEM_DRIVER");

	return name && *name ? name : OURS;
}

static const char *pf(void)
{
	const char *bdf = getenv("COHMEM_SRIOV");

	if (!bdf || !*bdf)
		SKIP("no function with SR-IOV in this machine: lab/run MODEL-sriov");
	return bdf;
}

static const char *pf_path(const char *rest)
{
	static char ring[4][256];
	static unsigned int next;
	char *path = ring[next++ % 4];

	snprintf(path, sizeof(ring[0]), "/sys/bus/pci/devices/%s/%s", pf(),
		 rest);
	return path;
}

/* The last part of where a symbolic link leads, or NULL. */
static const char *leads_to(const char *path)
{
	static char link[256];
	ssize_t n = readlink(path, link, sizeof(link) - 1);

	if (n < 0)
		return NULL;
	link[n] = 0;
	return strrchr(link, '/') + 1;
}

static void allow(const char *yes)
{
	const char *path = "/sys/module/" OURS "/parameters/enable_sriov";
	int ret;

	if (strcmp(driver(), OURS))
		return;		/* another one may have no such switch */
	ret = file_write(path, yes);
	CHECK(!ret, "%s: %s", path, strerror(-ret));
}

static int numvfs(const char *nr)
{
	return file_write(pf_path("sriov_numvfs"), nr);
}

static void bind_pf(void)
{
	char path[128];
	int ret;

	if (leads_to(pf_path("driver")) &&
	    !strcmp(leads_to(pf_path("driver")), driver()))
		return;
	ret = file_write(pf_path("driver_override"), driver());
	CHECK(!ret, "driver_override: %s", strerror(-ret));
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver());
	ret = file_write(path, pf());
	CHECK(!ret, "%s did not take %s: %s", driver(), pf(), strerror(-ret));
}

static void unbind_pf(void)
{
	int ret = file_write(pf_path("driver/unbind"), pf());

	CHECK(!ret, "unbind: %s", strerror(-ret));
}

struct func {
	int container, group, fd;
};

/* Open @bdf, if need be with the words that prove a right to it. */
static int open_func(struct func *f, const char *bdf, const char *proof)
{
	char path[128], name[128];
	const char *group;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 bdf);
	group = leads_to(path);
	CHECK(group, "%s is in no IOMMU group", bdf);
	snprintf(path, sizeof(path), "/dev/vfio/%s", group);
	f->fd = -1;
	f->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	f->group = open(path, O_RDWR | O_CLOEXEC);
	if (f->group < 0 && errno == ENOENT)
		return -ENODEV;		/* the driver has not got that far */
	CHECK(f->container >= 0 && f->group >= 0, "%s: %s", path,
	      strerror(errno));
	CHECK(!ioctl(f->group, VFIO_GROUP_SET_CONTAINER, &f->container),
	      "group: %s", strerror(errno));
	CHECK(!ioctl(f->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU),
	      "type1: %s", strerror(errno));
	snprintf(name, sizeof(name), "%s%s%s", bdf, proof ? " vf_token=" : "",
		 proof ? proof : "");
	f->fd = ioctl(f->group, VFIO_GROUP_GET_DEVICE_FD, name);
	return f->fd < 0 ? -errno : 0;
}

static void close_func(struct func *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->group >= 0)
		close(f->group);
	close(f->container);
}

/*
 * A virtual function, which has its driver before that has done with it: who makes
 * the functions does not wait for that.
 */
static int open_vf(struct func *f, const char *bdf, const char *proof)
{
	double end = now_ms() + 5000 * slowness();
	int ret;

	while ((ret = open_func(f, bdf, proof)) == -ENODEV && now_ms() < end) {
		close_func(f);
		sleep_ms(20);
	}
	return ret;
}

static int set_token(struct func *f)
{
	struct {
		struct vfio_device_feature head;
		u8 uuid[16];
	} arg = {
		.head.argsz = sizeof(arg),
		.head.flags = VFIO_DEVICE_FEATURE_SET |
			      VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
	};

	memcpy(arg.uuid, token, sizeof(token));
	return ioctl(f->fd, VFIO_DEVICE_FEATURE, &arg) ? -errno : 0;
}

static u32 config_id(struct func *f)
{
	struct cohmem_vfio_region r;
	u32 id = 0;
	int ret = __region_info(f->fd, CONFIG, &r);

	CHECK(!ret, "config region: %s", strerror(-ret));
	CHECK(pread(f->fd, &id, 4, r.offset) == 4, "config space: %s",
	      strerror(errno));
	return id;
}

/* An id that no table has: bound all the same, passed through, and said so. */
static void any_function_by_override(void)
{
	int kmsg = kmsg_open();
	char line[1024];
	struct func f;
	int ret;

	bind_pf();
	CHECK(kmsg_find(kmsg, "plain pass-through", line, sizeof(line)),
	      "the kernel log does not say that it is plain");
	CHECK(strstr(line, pf()), "it does not name the device: %s", line);
	test_info("%s", line);
	CHECK(file_read(pf_path("cohmem/mode"), line, sizeof(line)) > 0 &&
	      !strncmp(line, "plain", 5), "mode is \"%s\"", line);
	ret = open_func(&f, pf(), NULL);
	CHECK(!ret, "open: %s", strerror(-ret));
	CHECK_EQ(config_id(&f) & 0xffff, 0x8086);
	close_func(&f);
}

static void w27_no_virtual_functions_unless_allowed(void)
{
	char text[32];

	bind_pf();
	allow("0");
	CHECK_EQ(numvfs("2"), -ENOENT);
	CHECK(file_read(pf_path("sriov_numvfs"), text, sizeof(text)) > 0 &&
	      atoi(text) == 0, "there are %s of them", text);
}

static void use_vf(const char *bdf)
{
	struct cohmem_vfio_region r;
	struct func f;
	u32 v;
	int ret;

	ret = open_vf(&f, bdf, NULL);
	CHECK(ret == -EACCES, "without a token: %s", strerror(-ret));
	close_func(&f);
	ret = open_func(&f, bdf, WRONG);
	CHECK(ret == -EACCES, "with a wrong one: %s", strerror(-ret));
	close_func(&f);
	ret = open_func(&f, bdf, TOKEN);
	CHECK(!ret, "with the token: %s", strerror(-ret));
	/* its own registers say all-ones there: vfio knows better */
	CHECK_EQ(config_id(&f), 0x10ca8086);
	CHECK(!__region_info(f.fd, 0, &r) && r.size, "its BAR0");
	CHECK(pread(f.fd, &v, 4, r.offset) == 4, "read of its BAR0: %s",
	      strerror(errno));
	close_func(&f);
}

/* A driver may be bound to a new function some time after that has come. */
static const char *driver_of(const char *name)
{
	double start = now_ms();
	const char *got;

	do {
		got = leads_to(pf_path(name));
		if (got)
			break;
		sleep_ms(20);
	} while (now_ms() - start < 5000 * slowness());
	return got;
}

static void w27_virtual_functions(void)
{
	char name[32], bdf[2][32];
	const char *got;
	struct func f;
	int i, ret;

	bind_pf();
	allow("1");
	ret = open_func(&f, pf(), NULL);
	CHECK(!ret, "open: %s", strerror(-ret));
	ret = set_token(&f);
	CHECK(!ret, "VFIO_DEVICE_FEATURE_PCI_VF_TOKEN: %s", strerror(-ret));
	ret = numvfs("2");
	CHECK(!ret, "sriov_numvfs: %s", strerror(-ret));
	CHECK_EQ(numvfs("1"), -EBUSY);
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "virtfn%d", i);
		got = leads_to(pf_path(name));
		CHECK(got, "no %s", name);
		snprintf(bdf[i], sizeof(bdf[i]), "%.31s", got);
		/* vfio has them, so that the host does not trust its guest */
		snprintf(name, sizeof(name), "virtfn%d/driver", i);
		got = driver_of(name);
		CHECK(got && !strcmp(got, driver()), "%s has driver %s", bdf[i],
		      got ? got : "none");
		test_info("%s: %s", bdf[i], got);
	}
	use_vf(bdf[0]);
	use_vf(bdf[1]);
	ret = numvfs("0");
	CHECK(!ret, "sriov_numvfs 0: %s", strerror(-ret));
	CHECK(!leads_to(pf_path("virtfn0")) && !leads_to(pf_path("virtfn1")),
	      "they are still there");
	close_func(&f);
}

static long no_vfs(void *arg)
{
	(void)arg;
	return numvfs("0");
}

static long pf_low_power(void *arg)
{
	struct func *f = arg;
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_ENTRY,
	};

	if (ioctl(f->fd, VFIO_DEVICE_FEATURE, &feature))
		return errno == ENOTTY ? 0 : -errno;
	feature.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_EXIT;
	return ioctl(f->fd, VFIO_DEVICE_FEATURE, &feature) ? -errno : 0;
}

static long pf_command(void *arg)
{
	struct func *f = arg;
	struct cohmem_vfio_region r;
	u16 command;
	int ret = __region_info(f->fd, CONFIG, &r);

	if (ret)
		return ret;
	if (pread(f->fd, &command, 2, r.offset + 4) != 2)
		return -errno;
	return pwrite(f->fd, &command, 2, r.offset + 4);
}

/*
 * The host takes the virtual functions away, and somebody does not let go of
 * his: that is between the two of them, and nothing to the user of the other.
 */
static void the_pf_goes_on_while_a_vf_is_held(void)
{
	struct job gone, probe;
	struct func f, vf;
	int ret, ready[2];
	char bdf[32], c;
	pid_t pid;

	bind_pf();
	allow("1");
	ret = open_func(&f, pf(), NULL);
	CHECK(!ret, "open: %s", strerror(-ret));
	CHECK_EQ(set_token(&f), 0);
	CHECK_EQ(numvfs("2"), 0);
	snprintf(bdf, sizeof(bdf), "%.31s", leads_to(pf_path("virtfn0")));
	CHECK(driver_of("virtfn0/driver"), "%s has no driver", bdf);
	CHECK(!pipe(ready), "pipe");
	pid = fork();
	if (!pid) {
		/* if this test fails, he does not keep the function */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ret = open_vf(&vf, bdf, TOKEN);
		c = ret;
		if (write(ready[1], &c, 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	CHECK(read(ready[0], &c, 1) == 1 && !c, "open of %s: %d", bdf, c);
	job_start(&gone, no_vfs, NULL);
	CHECK(!job_ended(&gone, 500), "nobody waits for %s's user: the test is wrong",
	      bdf);
	job_start(&probe, pf_command, &f);
	job_join(&probe, "a COMMAND write to the PF", AT_ONCE_MS);
	CHECK_EQ(probe.ret, 2);
	job_start(&probe, pf_low_power, &f);
	job_join(&probe, "low power of the PF, in and out", AT_ONCE_MS);
	CHECK_EQ(probe.ret, 0);
	CHECK(!job_ended(&gone, 0), "%s went with its user there", bdf);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	job_join(&gone, "sriov_numvfs", 15000 * slowness());
	CHECK_EQ(gone.ret, 0);
	close_func(&f);
	allow("0");
}

/* They need the function that they are of: without its driver there are none. */
static void w27_they_go_with_their_function(void)
{
	char text[32];
	int ret;

	/* vfio-pci-core takes them away without pci_rescan_remove_lock (7.3) */
	if (file_exists("/proc/lockdep_stats"))
		SKIP("lockdep finds fault with vfio-pci-core here, whoever's driver is unbound");
	bind_pf();
	allow("1");
	ret = numvfs("2");
	CHECK(!ret, "sriov_numvfs: %s", strerror(-ret));
	CHECK(leads_to(pf_path("virtfn1")), "no virtfn1");
	unbind_pf();
	CHECK(!leads_to(pf_path("virtfn0")) && !leads_to(pf_path("virtfn1")),
	      "they are still there");
	bind_pf();
	CHECK(file_read(pf_path("sriov_numvfs"), text, sizeof(text)) > 0 &&
	      atoi(text) == 0, "there are %s of them", text);
	allow("0");
	unbind_pf();
}

/*
 * The core answers EOPNOTSUPP where a driver has no such operation, and asks
 * iommufd where it has. No IOMMU has PASIDs here, so that fails, too, but for
 * another reason: the address space that dev_open() made is not made for them.
 */
static void w27_pasid_operations(void)
{
	struct abi_attach_pt_pasid attach = {
		.argsz = sizeof(attach), .flags = ABI_PT_PASID, .pasid = 7,
	};
	struct abi_detach_pt_pasid detach = {
		.argsz = sizeof(detach), .flags = ABI_PT_PASID, .pasid = 7,
	};
	struct dev d;

	if (!have_cdev())
		SKIP("no iommufd in this kernel, without which there are no PASIDs");
	if (kernel_version() < 61500)
		SKIP("no PASIDs for VFIO before 6.15");
	setenv("COHMEM_VIA", "cdev", 1);
	dev_open(&d);
	attach.pt_id = d.ioas;
	CHECK(ioctl(d.fd, ABI_ATTACH_PT, &attach) == -1 && errno == EINVAL,
	      "attach of PASID 7: %s", strerror(errno));
	/* detaching what is not attached is no error, if there is the operation */
	CHECK(!ioctl(d.fd, ABI_DETACH_PT, &detach), "detach of PASID 7: %s",
	      strerror(errno));
	dev_close(&d);
}

SUITE(TEST(any_function_by_override),
      TEST(w27_no_virtual_functions_unless_allowed),
      TEST(w27_virtual_functions),
      TEST_LONG(the_pf_goes_on_while_a_vf_is_held, 60),
      TEST(w27_they_go_with_their_function), TEST(w27_pasid_operations));
