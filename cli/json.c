// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values of JSON. Sizes are integers in bytes, addresses hex strings, what is
 * not known or not there is null. A string is UTF-8, whatever bytes it was made
 * from: U+FFFD stands for what is no character, and for control characters.
 */
#include <stdlib.h>

#include "json.h"

/**
 * json_add() - a member of an object
 * @o: the object
 * @key: its key
 * @v: its value; NULL is null
 */
void json_add(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

/**
 * json_str() - a string
 * @s: any bytes
 * Return: the value.
 */
struct json_object *json_str(const char *s)
{
	char *clean = malloc(3 * strlen(s) + 1), *p = clean;
	struct json_object *v;
	unsigned int n;

	if (!clean)
		return NULL;
	for (; *s; s += n ? n : 1) {
		n = utf8_length(s);
		if (n || *s == '\n' || *s == '\t') {
			memcpy(p, s, n ? n : 1);
			p += n ? n : 1;
		} else {
			memcpy(p, "\xef\xbf\xbd", 3);
			p += 3;
		}
	}
	*p = '\0';
	v = json_object_new_string(clean);
	free(clean);
	return v;
}

/**
 * json_add_str() - a string; null where it is empty
 * @o: the object
 * @key: its key
 * @s: the string, or NULL
 */
void json_add_str(struct json_object *o, const char *key, const char *s)
{
	json_add(o, key, s && *s ? json_str(s) : NULL);
}

/**
 * json_add_u64() - a number
 * @o: the object
 * @key: its key
 * @n: the number
 */
void json_add_u64(struct json_object *o, const char *key, u64 n)
{
	json_add(o, key, json_object_new_uint64(n));
}

/**
 * json_add_bool() - a truth value
 * @o: the object
 * @key: its key
 * @b: the value
 */
void json_add_bool(struct json_object *o, const char *key, bool b)
{
	json_add(o, key, json_object_new_boolean(b));
}

/**
 * json_add_tri() - a truth value, or null
 * @o: the object
 * @key: its key
 * @tri: 1, 0, or negative for null
 */
void json_add_tri(struct json_object *o, const char *key, int tri)
{
	json_add(o, key, tri < 0 ? NULL : json_object_new_boolean(tri));
}

/**
 * json_add_index() - a number; null where it is negative
 * @o: the object
 * @key: its key
 * @n: the number
 */
void json_add_index(struct json_object *o, const char *key, int n)
{
	json_add(o, key, n < 0 ? NULL : json_object_new_int(n));
}

/**
 * json_hex_list() - addresses, as strings
 * @n: the addresses
 * @nr: how many
 * Return: the list.
 */
struct json_object *json_hex_list(const u64 *n, unsigned int nr)
{
	struct json_object *list = json_object_new_array();
	char text[32];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)n[i]);
		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

/**
 * json_add_hex() - an address or an id, as a string
 * @o: the object
 * @key: its key
 * @n: the number
 * @digits: at least so many
 */
void json_add_hex(struct json_object *o, const char *key, u64 n, int digits)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%0*llx", digits, (unsigned long long)n);
	json_add(o, key, json_object_new_string(text));
}
