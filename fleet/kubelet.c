// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resources, and the kubelet's coming and going.
 *
 * A resource is a socket of ours beside kubelet.sock, and a registration. A kubelet
 * that starts takes every socket out of the folder before it makes its own, and knows
 * nothing of us: seen by inotify, and by looking now and then, as a folder may itself
 * be taken away. A kubelet that does not watch a resource any more has given it up
 * without a restart: it is told of it once more.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "plugin.h"

#define KUBELET_SOCK	"kubelet.sock"
#define ANSWER_MS	10000
#define FIRST_RETRY_MS	1000
#define LAST_RETRY_MS	30000
/*
 * A kubelet asks for the list at once, though a node that starts may be slow; one that
 * had it and let go has given the resource up.
 */
#define NEVER_WATCHED_MS	60000
#define UNWATCHED_MS		10000
#define MAX_WATCHERS	8

struct watcher {
	struct resource *resource;
	struct grpc_call *call;
	bool stale;	/* it could not be told the latest */
};

/**
 * struct resource - GPUs under one name
 * @name: the name
 * @endpoint: file name of its socket
 * @server: serves it, or NULL
 * @ask: a registration that is not answered yet
 * @timer: the next one
 * @retry_ms: how long that waits
 * @registered: the kubelet has said yes
 * @unwatched_since: nobody has the list; 0: somebody does
 * @was_watched: somebody had it since the registration
 * @watcher: those who have it
 */
struct resource {
	char name[RESOURCE_LEN];
	char endpoint[RESOURCE_LEN + 16];
	struct grpc_server *server;
	struct grpc_client *ask;
	struct timer timer;
	unsigned int retry_ms;
	bool registered;
	uint64_t unwatched_since;
	bool was_watched;
	struct watcher watcher[MAX_WATCHERS];
};

static struct resource resources[MAX_RESOURCES];
static unsigned int nr_resources;
static struct watch inotify = { .fd = -1 };
static int folder = -1;		/* inotify's number of it, or -1 */
static bool missing_told;

static void try_register(struct timer *t);

static void path_of(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", opt.kubelet_dir, name);
}

/**
 * resource_name() - what a resource is called
 * @r: the resource
 * Return: the name.
 */
const char *resource_name(const struct resource *r)
{
	return r->name;
}

static bool is_watched(const struct resource *r)
{
	unsigned int i;

	for (i = 0; i < MAX_WATCHERS; i++)
		if (r->watcher[i].call)
			return true;
	return false;
}

static void retry(struct resource *r)
{
	r->registered = false;
	r->retry_ms = r->retry_ms ? 2 * r->retry_ms : FIRST_RETRY_MS;
	if (r->retry_ms > LAST_RETRY_MS)
		r->retry_ms = LAST_RETRY_MS;
	timer_set(&r->timer, r->retry_ms, try_register);
}

static void register_soon(struct resource *r, unsigned int ms)
{
	r->registered = false;
	r->was_watched = is_watched(r);
	r->retry_ms = 0;
	timer_set(&r->timer, ms, try_register);
}

static void registered(void *arg, enum grpc_status status, const char *text)
{
	struct resource *r = arg;

	r->ask = NULL;
	if (status) {
		say(r->name, "the kubelet's own log says why",
		    "the kubelet did not register it: %s (%d)", text, status);
		retry(r);
		return;
	}
	say(r->name, NULL, "registered with the kubelet");
	r->registered = true;
	r->retry_ms = 0;
	/* A quick kubelet has asked for the list before it answers. */
	if (!is_watched(r))
		r->unwatched_since = loop_now();
}

/* Returns false after the reason was given. */
static bool serve(struct resource *r)
{
	char path[PATH_MAX];
	int ret;

	if (r->server && grpc_is_there(r->server))
		return true;
	grpc_close(r->server);
	r->server = NULL;
	path_of(path, r->endpoint);
	ret = grpc_listen(&r->server, path, service_methods, r);
	if (ret)
		say(path, ret == -ENAMETOOLONG ?
		    "--resource gives it a shorter name" : NULL,
		    "cannot serve there: %s", strerror(-ret));
	return !ret;
}

static void try_register(struct timer *t)
{
	struct resource *r = container_of(t, struct resource, timer);
	char path[PATH_MAX];
	uint8_t *msg;
	size_t len;
	int ret;

	grpc_forget(r->ask);
	r->ask = NULL;
	path_of(path, KUBELET_SOCK);
	if (access(path, F_OK)) {
		/* It will be seen when it comes. */
		if (!missing_told)
			say(path, "is a kubelet running here?",
			    "waiting for the kubelet");
		missing_told = true;
		return;
	}
	missing_told = false;
	if (!serve(r)) {
		retry(r);
		return;
	}
	ret = service_registration(r->name, r->endpoint, &msg, &len);
	if (!ret) {
		ret = grpc_ask(&r->ask, path, service_register, msg, len,
			       ANSWER_MS, registered, r);
		free(msg);
	}
	if (!ret)
		return;
	/* A kubelet that starts makes the file a moment before it listens. */
	if (r->retry_ms)
		say(path, NULL, "cannot be reached: %s", strerror(-ret));
	retry(r);
}

static void all_soon(unsigned int ms)
{
	unsigned int i;

	for (i = 0; i < nr_resources; i++)
		register_soon(&resources[i], ms);
}

/* An event's file: the kubelet's, or one of ours that is taken away. */
static void file_event(const struct inotify_event *e)
{
	unsigned int i;

	if (e->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) {
		if (e->mask & IN_MOVE_SELF && folder >= 0)
			inotify_rm_watch(inotify.fd, folder);
		folder = -1;
		return;
	}
	if (!e->len)
		return;
	if (!strcmp(e->name, KUBELET_SOCK)) {
		if (e->mask & (IN_CREATE | IN_MOVED_TO)) {
			say(NULL, NULL, "the kubelet has started");
			all_soon(50);
		}
		return;
	}
	for (i = 0; i < nr_resources; i++)
		if (e->mask & (IN_DELETE | IN_MOVED_FROM) &&
		    !strcmp(e->name, resources[i].endpoint) &&
		    !(resources[i].server && grpc_is_there(resources[i].server)))
			register_soon(&resources[i], 500);
}

static void on_inotify(struct watch *w, uint32_t events)
{
	char buf[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(w->fd, buf, sizeof(buf));
	const struct inotify_event *e;
	char *p;

	(void)events;
	for (p = buf; p < buf + n; p += sizeof(*e) + e->len) {
		e = (const struct inotify_event *)p;
		if (e->mask & IN_Q_OVERFLOW)
			all_soon(500);
		else
			file_event(e);
	}
}

/* The folder may come later than we, and go. */
static void watch_folder(void)
{
	if (folder >= 0 || inotify.fd < 0)
		return;
	folder = inotify_add_watch(inotify.fd, opt.kubelet_dir,
				   IN_CREATE | IN_MOVED_TO | IN_DELETE |
				   IN_MOVED_FROM | IN_DELETE_SELF |
				   IN_MOVE_SELF | IN_ONLYDIR);
	if (folder >= 0)
		all_soon(0);
}

static void endpoint_of(const char *name, char *out)
{
	char *p = out + sprintf(out, "cohmem-");

	for (; *name; name++)
		*p++ = *name == '/' ? '-' : *name;
	strcpy(p, ".sock");
}

static void add_resource(const char *name)
{
	struct resource *r;
	unsigned int i;

	for (i = 0; i < nr_resources; i++)
		if (!strcmp(resources[i].name, name))
			return;
	if (nr_resources == MAX_RESOURCES) {
		say(name, NULL, "too many resources: it is not offered");
		return;
	}
	r = &resources[nr_resources++];
	snprintf(r->name, sizeof(r->name), "%s", name);
	endpoint_of(name, r->endpoint);
	register_soon(r, 0);
}

static void watcher_gone(void *arg)
{
	struct watcher *w = arg;
	w->call = NULL;
	if (!is_watched(w->resource))
		w->resource->unwatched_since = loop_now();
}

static void tell(struct watcher *w)
{
	uint8_t *msg;
	size_t len;

	/* Each list has all: what was not taken is followed by the latest. */
	w->stale = grpc_unsent(w->call) > 0 ||
		   service_list(w->resource->name, &msg, &len);
	if (w->stale)
		return;
	w->stale = grpc_reply(w->call, msg, len);
	free(msg);
}

/**
 * resource_watched() - somebody wants to know of a resource's GPUs, until they go
 * @r: the resource
 * @call: where to tell it
 */
void resource_watched(struct resource *r, struct grpc_call *call)
{
	unsigned int i;

	for (i = 0; i < MAX_WATCHERS && r->watcher[i].call; i++)
		;
	if (i == MAX_WATCHERS) {
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "too many watch it");
		return;
	}
	r->watcher[i] = (struct watcher){ .resource = r, .call = call };
	r->unwatched_since = 0;
	r->was_watched = true;
	grpc_on_gone(call, watcher_gone, &r->watcher[i]);
	tell(&r->watcher[i]);
}

/**
 * kubelet_changed() - the GPUs are not what they were
 */
void kubelet_changed(void)
{
	unsigned int i, k;

	for (i = 0; i < nr_gpus; i++)
		if (gpus[i].offered)
			add_resource(gpus[i].resource);
	for (i = 0; i < nr_resources; i++)
		for (k = 0; k < MAX_WATCHERS; k++)
			if (resources[i].watcher[k].call)
				tell(&resources[i].watcher[k]);
}

/**
 * kubelet_tick() - look after the registrations, now and then
 */
void kubelet_tick(void)
{
	uint64_t now = loop_now();
	struct resource *r;
	unsigned int i, k;

	watch_folder();
	for (i = 0; i < nr_resources; i++) {
		r = &resources[i];
		for (k = 0; k < MAX_WATCHERS; k++)
			if (r->watcher[k].call && r->watcher[k].stale)
				tell(&r->watcher[k]);
		if (!r->registered)
			continue;
		if (r->unwatched_since &&
		    now - r->unwatched_since > (r->was_watched ?
		    UNWATCHED_MS : NEVER_WATCHED_MS)) {
			say(r->name, NULL, "the kubelet does not watch it: registering it again");
			register_soon(r, 0);
		} else if (r->server && !grpc_is_there(r->server)) {
			register_soon(r, 0);
		}
	}
}

/**
 * kubelet_open() - before anything else here
 */
void kubelet_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || loop_watch(&inotify, fd, EPOLLIN, on_inotify))
		say(NULL, "a higher fs.inotify.max_user_instances",
		    "cannot watch for the kubelet: %s", strerror(errno));
	watch_folder();
}

/**
 * kubelet_close() - take our sockets away; the kubelet sees that, and withdraws the GPUs
 */
void kubelet_close(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < nr_resources; i++) {
		timer_stop(&resources[i].timer);
		grpc_forget(resources[i].ask);
		grpc_close(resources[i].server);
	}
	nr_resources = 0;
	fd = inotify.fd;
	loop_unwatch(&inotify);
	if (fd >= 0)
		close(fd);
}
