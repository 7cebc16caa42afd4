/* SPDX-License-Identifier: Apache-2.0 */
/* Quickselect (Hoare, "Algorithm 65: Find", 1961) with pseudo-random pivots, so that no order of
 * keys is a bad one; heapsort (Floyd 1964) for what is left to sort. */
#include "base/select.h"

/* Ranges this short are sorted outright. */
#define SHORT 24

static void insertion_sort(uint64_t *keys, size_t count)
{
    size_t i;
    size_t j;
    for (i = 1; i < count; i++) {
        uint64_t key = keys[i];
        for (j = i; j != 0 && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
        }
        keys[j] = key;
    }
}

void select_smallest(uint64_t *keys, size_t count, size_t wanted)
{
    uint64_t noise = count;
    while (count > SHORT && wanted != 0 && wanted < count) {
        uint64_t pivot;
        size_t low = 0;
        size_t high = count - 1;
        noise = noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        pivot = keys[(noise >> 33) % count];
        for (;;) { /* Hoare's partition: [0, high] <= pivot <= [high + 1, count) */
            while (keys[low] < pivot) {
                low++;
            }
            while (keys[high] > pivot) {
                high--;
            }
            if (low >= high) {
                break;
            }
            uint64_t swap = keys[low];
            keys[low++] = keys[high];
            keys[high--] = swap;
        }
        high += high + 1 < count; /* size of the lower part, at least 1 and below count */
        if (wanted < high) {
            count = high;
        } else {
            keys += high;
            count -= high;
            wanted -= high;
        }
    }
    if (wanted != 0 && wanted < count) {
        insertion_sort(keys, count);
    }
}

static void sift_down(uint64_t *keys, size_t at, size_t count)
{
    uint64_t key = keys[at];
    size_t child;
    while ((child = 2 * at + 1) < count) {
        child += child + 1 < count && keys[child + 1] > keys[child];
        if (keys[child] <= key) {
            break;
        }
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

void select_sort(uint64_t *keys, size_t count)
{
    size_t i;
    if (count <= SHORT) {
        insertion_sort(keys, count);
        return;
    }
    for (i = count / 2; i-- > 0;) {
        sift_down(keys, i, count);
    }
    for (i = count - 1; i > 0; i--) {
        uint64_t greatest = keys[0];
        keys[0] = keys[i];
        keys[i] = greatest;
        sift_down(keys, 0, i);
    }
}
