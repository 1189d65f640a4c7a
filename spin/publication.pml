/*
 * The protocol of `Published`, in Promela, for `spin`: readers that pin for ever, a writer that
 * publishes for ever, and memory as simple as one may hope for or as late as a store buffer makes it.
 *
 * `cargo xtask spin` checks it in the configurations of `runs.toml`, and checks that each mutant there
 * breaks it. A step of a process is what stands between two arrows or semicolons; `atomic` and
 * `d_step` put together what no other process could come between or see.
 *
 * Given with -D:
 *   READERS, BUFFERS   how many of each
 *   STORE_BUFFERS      stores reach the memory late, in order, through a buffer for each process
 *                      (total store order); without it every store is seen at once
 *   KERNEL             the writer's barrier empties every buffer, and readers have none of their own;
 *                      without it readers and writer each empty their own buffer: a full fence
 *   NARROW             epochs wrap, after EPOCHS of them, and the writer goes by what it saw of the
 *                      slots; without it an epoch is as good as a number that never wraps
 *   NO_FAILURES        no builder fails, and the kernel never refuses its barrier
 *   and the names of mutants, which `runs.toml` lists.
 *
 * What is unbounded is folded. A publication's number is kept as its age: how many publications came
 * after it, up to OLD, which stands for that many or more. Whatever holds a number grows older with
 * each publication.
 */

#define OLD (BUFFERS + 2)   /* more than a reader inside `pin` lets the writer go on */

#ifndef EPOCHS
#define EPOCHS 4
#endif

/* ---- the shared memory ---------------------------------------------------------------------- */

/* What a slot's mark says. */
#define IDLE    0
#define PINNED  1
#define HOLDING 2

byte current;               /* the index of the current buffer */
byte epoch;                 /* NARROW: the epoch's word; else its age, which the writer's lateness makes */

typedef Mark { byte says; byte which }     /* PINNED: an epoch's word or age; HOLDING: a buffer */
Mark slot[READERS];

/* Stores on their way: for each reader to its slot, for the writer to `current` and `epoch`. */
#define DEPTH 3
typedef Late { byte count; Mark store[DEPTH] }
#ifdef STORE_BUFFERS
Late reader_late[READERS];
byte writer_late;           /* how many of the two stores of a publication are still to come */
byte late_current, late_epoch;
#define FENCED(r) (reader_late[r].count == 0)
#define WRITER_FENCED (writer_late == 0)
#else
#define FENCED(r) true
#define WRITER_FENCED true
#endif

/* The epoch that follows. */
#ifdef NARROW
#define NEXT ((epoch + 1) % EPOCHS)
#else
#define NEXT 0
#endif

/* ---- what a reader has in its registers ------------------------------------------------------ */

byte loaded[READERS];       /* the epoch that it loaded, until it has found its buffer */
#define NOTHING 0

/* ---- the writer's books ----------------------------------------------------------------------- */

#define FREE    0
#define CURRENT 1
#define RETIRED 2

byte state[BUFFERS];
byte age[BUFFERS];          /* of the publication that the buffer holds */
bit  held[BUFFERS];         /* some mark holds it: known for one look */
bool published;             /* something was published since the last look */
byte oldest, reaches;       /* the oldest publication that a reader inside `pin` may find */
#define NOBODY 255
#ifdef NARROW
Mark seen[READERS];         /* what each slot said at the last look */
byte since[READERS];        /* the publication that was current at the look before it said that */
byte last_look;             /* the publication that was current at the last look */
#endif
#ifdef DISTANCE
/* How epochs compared before: by their distance, up to half of them. */
#define PRECEDES(a, b) ((b + EPOCHS - a) % EPOCHS > 0 && (b + EPOCHS - a) % EPOCHS < EPOCHS / 2)
byte retired_in[BUFFERS];   /* the epoch's word */
byte oldest_word;
#endif

/* ---- what is to be shown, known to nobody ----------------------------------------------------- */

#define NONE 255
byte writing = NONE;        /* the buffer that is being written, until its publication is seen */
byte reading[READERS];      /* the buffer that is being read, or NONE */
byte last[READERS];         /* the age of what the reader saw last */
byte meanwhile[READERS];    /* publications since it entered `pin`, up to 2; OUTSIDE after `pin` */
#define OUTSIDE 255
/* Whether the writer may be busy: this look saw a reader that was stopped inside `pin`. Where epochs
   wrap, the look before counts too, and all since a buffer was found last: the reader's next pin may by
   chance have the word of the one that was stopped. */
bool excused, excused_before, busy;

/* How long a reader must have been inside `pin` to make the writer busy: over two publications, or
   over one where epochs wrap. */
#ifdef NARROW
#define STOPPED(r) (meanwhile[r] != OUTSIDE && meanwhile[r] >= 1)
#else
#define STOPPED(r) (meanwhile[r] != OUTSIDE && meanwhile[r] >= 2)
#endif

#define older(x) if :: x < OLD -> x++ :: else fi

/* A publication: everything is one older. */
inline everything_is_older() {
    i = 0;
    do
    :: i < BUFFERS -> older(age[i]); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < READERS ->
        older(last[i]);
#ifdef NARROW
        older(since[i]);
#else
        older(loaded[i]);
        if :: slot[i].says == PINNED -> older(slot[i].which) :: else fi;
#ifdef STORE_BUFFERS
        j = 0;
        do
        :: j < DEPTH ->
            if
            :: j < reader_late[i].count && reader_late[i].store[j].says == PINNED ->
                older(reader_late[i].store[j].which)
            :: else
            fi;
            j++
        :: else -> break
        od;
#endif
#endif
        i++
    :: else -> break
    od;
#ifdef NARROW
    older(last_look);
#else
    older(epoch);
#endif
    i = 0; j = 0
}

/* A publication is over. */
inline publication_ends() {
    i = 0;
    do
    :: i < READERS -> if :: meanwhile[i] < 2 -> meanwhile[i]++ :: else fi; i++
    :: else -> break
    od;
    i = 0
}

/* ---- stores, and how they reach the memory ---------------------------------------------------- */

inline seen_by_all(r, what, whose) {
    slot[r].says = what;
    slot[r].which = whose;
    /* The writer can now know that the pin is over. */
    if :: what == HOLDING -> meanwhile[r] = OUTSIDE :: else fi
}

inline store_mark(r, what, whose) {
#ifdef STORE_BUFFERS
    d_step {
        reader_late[r].count < DEPTH ->
        reader_late[r].store[reader_late[r].count].says = what;
        reader_late[r].store[reader_late[r].count].which = whose;
        reader_late[r].count++
    }
#else
    d_step { seen_by_all(r, what, whose) }
#endif
}

#ifdef STORE_BUFFERS
inline arrives(r) {
    seen_by_all(r, reader_late[r].store[0].says, reader_late[r].store[0].which);
    reader_late[r].store[0].says = reader_late[r].store[1].says;
    reader_late[r].store[0].which = reader_late[r].store[1].which;
    reader_late[r].store[1].says = reader_late[r].store[2].says;
    reader_late[r].store[1].which = reader_late[r].store[2].which;
    reader_late[r].store[2].says = 0;
    reader_late[r].store[2].which = 0;
    reader_late[r].count--
}

inline writer_arrives() {
    if
#ifdef EPOCH_BEFORE_CURRENT
    :: writer_late == 2 -> epoch = late_epoch
    :: else -> current = late_current; writing = NONE; publication_ends()
#else
    :: writer_late == 2 -> current = late_current; writing = NONE
    :: writer_late == 1 && late_current != NONE -> epoch = late_epoch; publication_ends()
    :: else -> epoch = late_epoch
#endif
    fi;
    if :: writer_late == 1 -> late_current = 0; late_epoch = 0 :: else fi;
    writer_late--
}

/* What the kernel's barrier does: every thread executes a full fence. */
inline everything_arrives() {
    i = 0;
    do
    :: i < READERS && reader_late[i].count > 0 -> arrives(i)
    :: i < READERS && reader_late[i].count == 0 -> i++
    :: i == READERS && writer_late > 0 -> writer_arrives(); i = READERS
    :: i == READERS && writer_late == 0 -> break
    od;
    i = 0
}

/* The hardware: one process for each buffer, so that none is passed over for ever. */
proctype Arrival(byte r) {
end:
    do :: d_step { reader_late[r].count > 0 -> arrives(r) } od
}

proctype WriterArrival() {
    byte i;
end:
    do :: d_step { writer_late > 0 -> writer_arrives() } od
}
#else
inline everything_arrives() { skip }
#endif

/* ---- a reader ---------------------------------------------------------------------------------- */

proctype Reader(byte me) {
    byte buffer;
    do
    ::
#ifdef PROMISE
        /* A store on its way is time spent inside the pin that made it. */
        FENCED(me);
#endif
        /* pin: load the epoch, */
        atomic { loaded[me] = epoch; meanwhile[me] = 0 };
#ifndef CURRENT_LOADED_FIRST
        /* store it to the slot, */
        store_mark(me, PINNED, loaded[me]);
        /* pass the barrier, */
#if !defined(KERNEL) && !defined(READER_WITHOUT_FENCE)
        FENCED(me);
#endif
#endif
        /* load which buffer is current, */
        d_step {
            buffer = current;
            assert(buffer != writing);          /* nothing is read while it is written */
            assert(age[buffer] <= last[me]);    /* nobody goes back in time */
            last[me] = age[buffer];
            reading[me] = buffer
        };
#ifdef CURRENT_LOADED_FIRST
        store_mark(me, PINNED, loaded[me]);
#ifndef KERNEL
        FENCED(me);
#endif
#endif
        /* and store that to the slot. */
        d_step { loaded[me] = NOTHING };
#ifndef HOLDING_NEVER_STORED
        store_mark(me, HOLDING, buffer);
#endif
        if
        ::  /* unpin */
            reading[me] = NONE;
            store_mark(me, IDLE, 0)
        ::  /* the guard is forgotten: the mark stays until the next pin */
            reading[me] = NONE
        fi;
        buffer = 0
    od
}

/* ---- the writer -------------------------------------------------------------------------------- */

/* The buffer to write: of those known to be free the one that was replaced last. */
inline choose_free() {
    new = NONE;
    i = 0;
    do
    :: i < BUFFERS ->
        if
        :: state[i] == FREE && new == NONE -> new = i
        :: state[i] == FREE && new != NONE && age[i] < age[new] -> new = i
#ifdef RETIRED_TAKEN_FOR_FREE
        :: state[i] == RETIRED && new == NONE -> new = i
#endif
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* What the slot of reader `r` says, into the books. */
inline look_at(r) {
#ifdef PROMISE
    if
    :: r == 0 && !busy ->
#ifdef NARROW
        excused_before = excused;
#endif
        excused = false
    :: else
    fi;
    if :: STOPPED(r) -> excused = true :: else fi;
#endif
    if
#ifndef HOLDING_OVERLOOKED
    :: slot[r].says == HOLDING -> held[slot[r].which] = 1
#endif
#ifndef PINNED_OVERLOOKED
    :: slot[r].says == PINNED ->
#ifdef NARROW
        reaches = since[r];
        if
        :: seen[r].says != slot[r].says || seen[r].which != slot[r].which ->
            reaches = last_look
        :: else
        fi;
#else
        reaches = slot[r].which;
#endif
#ifdef DISTANCE
        if
        :: oldest == NOBODY -> oldest = 0; oldest_word = slot[r].which
        :: oldest != NOBODY && PRECEDES(slot[r].which, oldest_word) -> oldest_word = slot[r].which
        :: else
        fi;
#else
        if
        :: oldest == NOBODY -> oldest = reaches
#ifdef NEWEST_DECIDES
        :: oldest != NOBODY && reaches < oldest -> oldest = reaches
#else
        :: oldest != NOBODY && reaches > oldest -> oldest = reaches
#endif
        :: else
        fi
#endif
#endif
    :: else
    fi;
#ifdef NARROW
    if
    :: seen[r].says != slot[r].says || seen[r].which != slot[r].which ->
        since[r] = last_look
    :: else
    fi;
#ifdef A_PIN_IS_ALWAYS_NEW
    since[r] = last_look;
#endif
    seen[r].says = slot[r].says;
    seen[r].which = slot[r].which;
    /* Of a reader that is not inside `pin` it means nothing. */
    if :: slot[r].says != PINNED -> since[r] = 0 :: else fi;
#endif
    reaches = 0
}

/* Whether retired buffer `b` holds a publication before all that a reader inside `pin` may find. */
#ifdef DISTANCE
#define BEYOND_REACH(b) (oldest == NOBODY || PRECEDES(retired_in[b], oldest_word))
#elif defined(PINNED_EPOCH_RECLAIMED)
#define BEYOND_REACH(b) (oldest == NOBODY || age[b] >= oldest)
#else
#define BEYOND_REACH(b) (oldest == NOBODY || age[b] > oldest)
#endif

inline reclaim() {
    i = 0;
    do
    :: i < BUFFERS ->
        if
        :: state[i] == RETIRED && !held[i] && BEYOND_REACH(i) -> state[i] = FREE
        :: else
        fi;
        held[i] = 0;
        i++
    :: else -> break
    od;
    i = 0;
    oldest = NOBODY;
#ifdef DISTANCE
    oldest_word = 0;
#endif
    published = false
#ifdef NARROW
    ; last_look = 0
#endif
}

proctype Writer() {
    byte new = NONE, old, r, i, j;
    do
    ::  /* take a buffer: look at the slots, unless nothing was published since the last look */
        d_step { choose_free() };
        if
        :: !published && new != NONE
        :: else ->
            if
            ::  /* pass the barrier, */
#ifndef WRITER_WITHOUT_BARRIER
#ifdef KERNEL
                d_step { everything_arrives() };
#else
                WRITER_FENCED;
#endif
#endif
                /* look at every slot, */
                do
                :: d_step { r < READERS -> look_at(r); r++ }
                /* and reclaim. */
                :: d_step { r == READERS -> r = 0; reclaim(); choose_free() }; break
                od
#if defined(KERNEL) && !defined(NO_FAILURES)
            ::  /* the kernel refuses its barrier: what the slots say proves nothing */
#ifdef REFUSAL_OVERLOOKED
                do
                :: d_step { r < READERS -> look_at(r); r++ }
                :: d_step { r == READERS -> r = 0; reclaim(); choose_free() }; break
                od
#else
                if
                :: new != NONE
                :: else -> goto refused
                fi
#endif
#endif
            fi
        fi;
        if
        :: new == NONE ->
            /* Busy */
#ifdef PROMISE
            assert(excused || excused_before);
            busy = true;
#endif
#if defined(NARROW) && !defined(EPOCH_STANDS_STILL)
            /* Whoever pins from now on is told from who is inside `pin` now. */
#ifdef LIVENESS
            /* Epochs do not wrap while a reader stays inside one pin: here they are too few for that. */
            d_step {
                r = 0;
                do
                :: r < READERS && !(seen[r].says == PINNED && seen[r].which == NEXT) -> r++
                :: else -> break
                od;
                if :: r == READERS -> epoch = NEXT :: else fi;
                r = 0
            };
#elif defined(STORE_BUFFERS)
            d_step { WRITER_FENCED -> late_current = NONE; late_epoch = NEXT; writer_late = 1 };
#else
            epoch = NEXT;
#endif
#endif
            skip
        :: else ->
progress:   /* build */
            d_step {
                r = 0;
                do
                :: r < READERS -> assert(reading[r] != new); r++
                :: else -> break
                od;
                r = 0;
                busy = false;
                writing = new
            };
            if
#ifndef NO_FAILURES
            ::  /* the builder fails */
#ifdef BUFFER_OF_A_FAILURE_LOST
                state[new] = RETIRED;
                age[new] = 0;
#endif
                writing = NONE
#endif
            ::  /* publish: make the buffer current, note that the old one is retired, advance the epoch */
#ifdef STORE_BUFFERS
                d_step {
                    writer_late == 0 ->
                    everything_is_older();
                    old = current;
                    age[new] = 0;
                    state[new] = CURRENT;
                    state[old] = RETIRED;
                    published = true;
                    late_current = new;
                    writer_late = 2;
#ifdef DISTANCE
                    retired_in[old] = epoch;
#endif
                    late_epoch = NEXT
                };
#else
                d_step {
                    everything_is_older();
                    old = current;
                    age[new] = 0;
                    state[new] = CURRENT;
                    state[old] = RETIRED;
                    published = true;
#ifdef DISTANCE
                    retired_in[old] = epoch;
#endif
#ifdef EPOCH_BEFORE_CURRENT
                    epoch = NEXT
                };
                d_step { current = new; writing = NONE; publication_ends() };
#else
                    current = new;
                    writing = NONE
                };
                d_step { epoch = NEXT; publication_ends() };
#endif
#endif
                old = 0
            fi
        fi;
refused:
        new = NONE
    od
}

init {
    byte i;
    d_step {
        oldest = NOBODY;
        i = 0;
        do
        :: i < READERS ->
            reading[i] = NONE;
            last[i] = OLD;
            meanwhile[i] = OUTSIDE;
            i++
        :: else -> break
        od;
        state[0] = CURRENT;
        i = 1;
        do
        :: i < BUFFERS -> age[i] = OLD; i++
        :: else -> break
        od;
        i = 0
    };
    atomic {
        do
        :: i < READERS ->
            run Reader(i);
#ifdef STORE_BUFFERS
            run Arrival(i);
#endif
            i++
        :: else -> break
        od;
#ifdef STORE_BUFFERS
        run WriterArrival();
#endif
        run Writer()
    }
}
