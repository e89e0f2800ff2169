// What is configured of the compression of values, by namespace; immutable, any thread.

import CacheEngine

/// Which values are compressed before they are stored.
package struct CompressionRules: Sendable {
    /// Larger values than this are compressed where nothing else is said.
    package static let standardThreshold = 1_024
    /// Values beyond this are stored as they are: compressing one would hold up the other calls of
    /// its event loop for too long.
    package static let maxValueBytes = 4 << 20

    private let names: NamespaceNames
    /// The default's comes first.
    private let thresholds: [Int]

    /// - Parameters:
    ///   - threshold: Values of more bytes are compressed; 0: none are.
    ///   - namespaces: The same for namespaces that differ, by name.
    package init(threshold: Int = standardThreshold, namespaces: [String: Int] = [:]) {
        let named = namespaces.sorted { $0.key < $1.key }
        names = NamespaceNames(named.map(\.key))
        thresholds = [threshold] + named.map(\.value)
    }

    /// Whether compressing the draft's value is worth a try.
    func apply(to draft: EntryDraft) -> Bool {
        let threshold = thresholds[names.index(of: draft.key)]
        return threshold > 0 && draft.value.count > threshold
            && draft.value.count <= Self.maxValueBytes
    }
}
