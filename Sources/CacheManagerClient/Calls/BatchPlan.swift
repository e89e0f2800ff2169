// How many items go into one call; a value, without I/O.

/// Cuts a list into calls, and smaller ones when a server takes less.
struct BatchPlan {
    /// The most items of one call: what a server takes unless it is told otherwise.
    static let mostItems = 1_000
    /// The most bytes of one call's items together; one item alone may have more.
    static let mostBytes = 3 << 20
    /// What an item counts beyond its bytes.
    static let itemBytes = 64

    /// The reasons of a server for which fewer items at once may do.
    private static let reasons: Set<String> = ["TOO_MANY_KEYS", "MESSAGE_TOO_LARGE"]

    private var most = mostItems

    /// What of the rest goes into the next call: at least one item, where there is one.
    func next<Item>(of rest: ArraySlice<Item>, bytes: (Item) -> Int) -> ArraySlice<Item> {
        var room = Self.mostBytes
        var count = 0
        for item in rest.prefix(most) {
            room -= bytes(item) + Self.itemBytes
            if room < 0, count > 0 { break }
            count += 1
        }
        return rest.prefix(count)
    }

    /// A call of so many items was refused; whether fewer at once may do. A refused call has
    /// changed nothing.
    mutating func shrink(after error: CacheError, items: Int) -> Bool {
        guard items > 1, let reason = error.reason, Self.reasons.contains(reason) else {
            return false
        }
        most = items / 2
        return true
    }
}
