// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one way to the terminal. Names of processes, devices and drivers are
 * chosen by others: what would be a control character is escaped here, as are
 * bytes that are no character. Nothing is dropped.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cohmem.h"

#define DEFAULT_WIDTH	80
#define MIN_WIDTH	40

static bool utf8;

/**
 * out_init() - what the terminal can show
 * @cli: the run; .utf8 and .width are filled in
 * @is_utf8: its character set is UTF-8
 */
void out_init(struct cli *cli, bool is_utf8)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w;

	utf8 = is_utf8;
	cli->utf8 = is_utf8;
	cli->width = DEFAULT_WIDTH;
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) &&
	    w.ws_col)
		cli->width = w.ws_col;
	else if (columns && atoi(columns) > 0)
		cli->width = atoi(columns);
	if (cli->width < MIN_WIDTH)
		cli->width = MIN_WIDTH;
}

/**
 * utf8_length() - how many bytes a character has
 * @s: its first byte
 * Return: 1 to 4; 0 where it is no character, or a control character.
 *
 * Overlong forms, surrogates and what lies beyond Unicode are no characters
 * (RFC 3629).
 */
unsigned int utf8_length(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned int n, i;
	u32 c;

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	if (!n || p[0] > 0xf4)
		return 0;
	c = p[0] & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
	    (c >= 0xd800 && c < 0xe000) || c < 0xa0)
		return 0;
	/* What turns the direction of text around shows one thing for another. */
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

/**
 * escape() - a text that a terminal shows and does not obey
 * @s: the text
 * @lines: line feeds and tabs are meant
 * Return: allocated text.
 */
char *escape(const char *s, bool lines)
{
	char *out = malloc(4 * strlen(s) + 1), *p = out;
	unsigned int n;

	if (!out)
		return NULL;
	while (*s) {
		n = utf8_length(s);
		if ((lines && (*s == '\n' || *s == '\t')) || n == 1 || (n && utf8)) {
			n = n ? n : 1;
			memcpy(p, s, n);
			p += n;
			s += n;
		} else {
			p += sprintf(p, "\\x%02x", (unsigned char)*s++);
		}
	}
	*p = '\0';
	return out;
}

/**
 * shown() - a word that came from outside, for the arguments of say()
 * @s: the word
 * Return: the word, line feeds escaped as well; good for the next few calls.
 */
const char *shown(const char *s)
{
	static char *pool[8];
	static unsigned int at;
	char **slot = &pool[at++ % 8];

	free(*slot);
	*slot = escape(s, false);
	return *slot ? *slot : "";
}

/**
 * say() - data for people, on standard output
 * @fmt: printf format; words from outside go through shown()
 */
void say(const char *fmt, ...)
{
	char *text, *safe;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	safe = escape(text, true);
	if (safe)
		fputs(safe, stdout);
	free(safe);
	free(text);
}

/**
 * text_width() - how many columns a text takes
 * @s: the text
 * Return: the number of characters.
 */
unsigned int text_width(const char *s)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

/**
 * say_wrapped() - a paragraph
 * @width: columns of the terminal
 * @first: what the first line begins with
 * @indent: columns that the others are moved in by
 * @text: the words; broken at blanks
 */
void say_wrapped(unsigned int width, const char *first, unsigned int indent,
		 const char *text)
{
	unsigned int col = text_width(first), len, blanks = 0;

	say("%s", first);
	for (; *text; text += len) {
		if (*text == ' ') {
			len = 1;
			blanks++;
			continue;
		}
		len = strcspn(text, " ");
		if (blanks && col + blanks + len > width && col > indent) {
			say("\n%*s", indent, "");
			col = indent;
		} else {
			say("%*s", blanks, "");
			col += blanks;
		}
		say("%.*s", (int)len, text);
		col += len;
		blanks = 0;
	}
	say("\n");
}
