// What an invalidation of more than single keys names; a value.

import CacheEngine
import Invalidation

/// Many keys at once.
enum Selection: Sendable {
    case pattern(Glob)
    case tag([UInt8])
    case everything

    /// Whether an entry is one of them.
    func contains(_ entry: EntryView) -> Bool {
        switch self {
        case .pattern(let glob): glob.matches(entry.key)
        case .tag(let tag):
            (0..<entry.tagCount).contains { entry.tag(at: $0).elementsEqual(tag) }
        case .everything: true
        }
    }

    /// Whether a kept entry is one of them.
    func contains(_ entry: CacheEntry) -> Bool {
        withExtendedLifetime(entry) { contains(entry.view) }
    }

    /// Calls `body` with the target of its event.
    func withTarget<Result>(_ body: (InvalidationTarget) -> Result) -> Result {
        switch self {
        case .pattern(let glob): body(.pattern(glob))
        case .tag(let tag): tag.withUnsafeBytes { body(.tag($0)) }
        case .everything: body(.everything)
        }
    }
}

extension CacheEngine {
    /// Removes what is selected, without a commit, and keeps out what is on its way of it.
    ///
    /// - Returns: How many entries were removed.
    func remove(_ selection: Selection, now: Timestamp) -> Int {
        switch selection {
        case .everything: removeEverything()
        case .pattern(let glob):
            removeAll(now: now, where: { glob.matches($0.key) }, flights: { glob.matches($0) })
        case .tag: removeAll(now: now) { selection.contains($0) }
        }
    }
}
