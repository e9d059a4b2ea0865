/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/clock.h"

#include <time.h>

#define MS_PER_DAY INT64_C(86400000)
#define FIRST_MS   INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define LAST_MS    INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t read_clock(clockid_t which)
{
    struct timespec t;

    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_ticks(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_micros(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/*
 * Days and dates of the proleptic Gregorian calendar. Years are counted from March, so that the leap day is a year's
 * last, and day 0 is 0000-03-01; the calendar repeats after 400 years of 146,097 days together.
 */
#define DAYS_TO_1970 719468

struct date {
    int year, month, day;
};

static int64_t days_of(struct date d)
{
    int64_t year = d.month > 2 ? d.year : d.year - 1;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t day_of_year = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - DAYS_TO_1970;
}

static struct date date_of(int64_t days)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t day_of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * day_of_year + 2) / 153);

    return (struct date){.year = (int)(year + era * 400) + (month >= 10),
                         .month = month < 10 ? month + 3 : month - 9,
                         .day = (int)(day_of_year - (153 * month + 2) / 5) + 1};
}

static void put_digits(char *out, int64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--, v /= 10)
        out[i] = (char)('0' + v % 10);
}

void clock_format(int64_t ms, char out[CLOCK_TEXT_LEN + 1])
{
    ms = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
    int64_t of_day = ms % MS_PER_DAY;
    if (of_day < 0)
        of_day += MS_PER_DAY;
    struct date d = date_of((ms - of_day) / MS_PER_DAY);

    memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_LEN + 1);
    put_digits(out, d.year, 4);
    put_digits(out + 5, d.month, 2);
    put_digits(out + 8, d.day, 2);
    put_digits(out + 11, of_day / 3600000, 2);
    put_digits(out + 14, of_day / 60000 % 60, 2);
    put_digits(out + 17, of_day / 1000 % 60, 2);
    put_digits(out + 20, of_day % 1000, 3);
}

void clock_write(struct buf *b, int64_t ms)
{
    char text[CLOCK_TEXT_LEN + 1];

    if (ms == 0) {
        buf_puts(b, "null");
        return;
    }
    clock_format(ms, text);
    buf_json(b, str_of(text));
}

void clock_json(struct buf *b, const char *name, int64_t ms)
{
    buf_json_name(b, name);
    clock_write(b, ms);
}

/* Takes exactly n digits off the front of *s. */
static bool take_digits(struct str *s, size_t n, int *out)
{
    if (s->len < n)
        return false;
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        *out = *out * 10 + (s->p[i] - '0');
    }
    *s = (struct str){s->p + n, s->len - n};
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (s->len == 0 || s->p[0] != c)
        return false;
    *s = (struct str){s->p + 1, s->len - 1};
    return true;
}

static int days_in_month(int year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct str *s, struct date *d)
{
    return take_digits(s, 4, &d->year) && take_char(s, '-') && take_digits(s, 2, &d->month) && take_char(s, '-') &&
           take_digits(s, 2, &d->day) && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
           d->day <= days_in_month(d->year, d->month);
}

/* ".5" is 500 milliseconds; digits past the third are dropped. */
static bool take_fraction(struct str *s, int *ms)
{
    int digit, weight = 100;

    *ms = 0;
    if (!take_char(s, '.'))
        return true;
    if (!take_digits(s, 1, &digit))
        return false;
    do {
        *ms += digit * weight;
        weight /= 10;
    } while (take_digits(s, 1, &digit));
    return true;
}

/* The time since midnight; 24:00:00 is the end of the day (XML Schema 1.1 part 2, 3.3.7). */
static bool take_time(struct str *s, int64_t *ms)
{
    int hour, minute, second, fraction;

    if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) || !take_char(s, ':') ||
        !take_digits(s, 2, &second) || !take_fraction(s, &fraction) || hour > 24 || minute > 59 || second > 59)
        return false;
    *ms = ((hour * INT64_C(60) + minute) * 60 + second) * 1000 + fraction;
    return *ms <= MS_PER_DAY;
}

static bool take_offset(struct str *s, int64_t *ms)
{
    int hour, minute, sign = 1;

    *ms = 0;
    if (s->len == 0 || take_char(s, 'Z'))
        return true;
    if (take_char(s, '-'))
        sign = -1;
    else if (!take_char(s, '+'))
        return false;
    if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) || minute > 59 ||
        hour * 60 + minute > 14 * 60)
        return false;
    *ms = sign * (hour * INT64_C(60) + minute) * 60000;
    return true;
}

bool clock_parse(struct str s, int64_t *ms)
{
    struct date date;
    int64_t of_day, offset;

    if (!take_date(&s, &date) || !take_char(&s, 'T') || !take_time(&s, &of_day) || !take_offset(&s, &offset) ||
        s.len > 0)
        return false;
    *ms = days_of(date) * MS_PER_DAY + of_day - offset;
    return true;
}
