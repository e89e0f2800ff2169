// What a watcher wants to hear of; a plain value, any thread.

/// Which events a watcher gets. Filters that mean the same are equal, whatever order their
/// patterns came in.
package struct WatcherFilter: Hashable, Sendable {
    /// The most patterns of a filter: who makes one of a request refuses more.
    package static let maxPatterns = 100

    /// The patterns, sorted, each once; none: every key.
    package let patterns: [Glob]

    /// The writer whose events are left out; empty: nobody's.
    package let skippedWriter: [UInt8]

    /// A filter on any of the patterns (none: every key), without the events of one writer.
    package init(patterns: [Glob] = [], skippedWriter: [UInt8] = []) {
        self.patterns =
            patterns.contains(where: \.isEverything) ? [] : Array(Set(patterns)).sorted()
        self.skippedWriter = skippedWriter
    }

    /// Whether the event is for who asked for this; a copy for memories is for nobody. `budget`
    /// bounds the work of comparing patterns with patterns, see `Glob.mayIntersect`.
    func accepts(_ event: InvalidationEvent, budget: inout Int) -> Bool {
        if event.copyOf != 0 { return false }
        if !skippedWriter.isEmpty, isSkipped(event.writer) { return false }
        if patterns.isEmpty { return true }
        switch event.target {
        case .key(let key):
            for pattern in patterns where pattern.matches(key) { return true }
            return false
        case .pattern(let glob):
            for pattern in patterns where pattern.mayIntersect(glob, budget: &budget) {
                return true
            }
            return false
        case .tag, .everything:
            return true
        }
    }

    private func isSkipped(_ writer: UnsafeRawBufferPointer) -> Bool {
        writer.count == skippedWriter.count && writer.elementsEqual(skippedWriter)
    }
}
