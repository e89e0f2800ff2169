// The watchers of one hub that want the same; confined to the hub's event loop.

/// All watchers with one filter: an event is matched and encoded once for them together.
final class FilterGroup<Sink: WatcherSink> {
    let filter: WatcherFilter
    private(set) var watchers: [Watcher<Sink>] = []
    /// The events of the current chunk that are for this group.
    var pending: [InvalidationEvent] = []
    /// The last event this group was tried with: it can be found under several prefixes.
    var lastTried: UInt64 = 0

    init(filter: WatcherFilter) {
        self.filter = filter
    }

    func add(_ watcher: Watcher<Sink>) {
        watcher.index = watchers.count
        watchers.append(watcher)
    }

    /// Removes a watcher in constant time: the last one takes its place.
    func remove(_ watcher: Watcher<Sink>) {
        precondition(watchers[watcher.index] === watcher)
        watchers.swapAt(watcher.index, watchers.count - 1)
        watchers[watcher.index].index = watcher.index
        watchers.removeLast()
    }
}
