// SPDX-License-Identifier: GPL-2.0-only
/* What goes into a recording, for people and for programs. */
#include "json.h"
#include "print_record.h"

/**
 * record_begin() - the list begins
 * @list: the list
 */
void record_begin(struct record_list *list)
{
	if (list->cli->json)
		list->json = json_object_new_array();
}

/**
 * record_member() - a member of the recording
 * @arg: the list
 * @name: its name
 * @size: bytes
 * @target: of a link
 */
void record_member(void *arg, const char *name, u64 size, const char *target)
{
	struct record_list *list = arg;
	struct json_object *o;

	list->nr++;
	list->bytes += size;
	if (!list->show)
		return;
	if (!list->cli->json) {
		say("%8llu  %s%s%s\n", (unsigned long long)size, shown(name),
		    target ? " -> " : "", target ? shown(target) : "");
		return;
	}
	o = json_object_new_object();
	json_add_str(o, "name", name);
	json_add_u64(o, "size", size);
	json_add_str(o, "target", target);
	json_object_array_add(list->json, o);
}

/**
 * record_end() - the list ends
 * @list: the list
 * @path: the file that was written, or NULL
 */
void record_end(struct record_list *list, const char *path)
{
	struct json_object *top;
	char size[32];

	if (list->cli->json && (list->show || path)) {
		top = json_top(list->cli, "record");
		json_add_str(top, "file", path);
		json_add(top, "members", list->json ? list->json :
			 json_object_new_int(list->nr));
		json_add_u64(top, "bytes", list->bytes);
		json_put(list->cli, top);
	} else if (list->show) {
		say("%u members, %s\n", list->nr, human_size(list->bytes, size));
	} else if (path) {
		say("%s: %u members, %s\n", shown(path), list->nr,
		    human_size(list->bytes, size));
	}
}
