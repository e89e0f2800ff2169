// What is used most; any thread.

import Locks

extension CacheEngine {
    /// Counts a read for ``top``, found here or elsewhere. The caller takes a sample of all reads;
    /// `weight` says for how many this one stands.
    public func countRead(
        _ key: UnsafeRawBufferPointer, isHit: Bool, weight: UInt32, now: Timestamp
    ) {
        if isHit {
            analytics.hit(key, weight: weight, now: now)
        } else {
            analytics.miss(key, weight: weight, now: now)
        }
    }

    /// The hottest keys, the most missed prefixes and the largest entries, at most `limit` of each.
    ///
    /// Rates are those of the last minutes, a minute ago counting half; they are estimates, and a
    /// key that is rarely read may be told too hot, never too cold. Of the entries that are in
    /// this cache the largest are told, but for those that were pushed off the list of their
    /// stripe by others which have left since.
    ///
    /// - Parameter namespace: Only of this one; nil: of all.
    public func top(_ limit: Int, namespace: String? = nil, now: Timestamp) -> TopReport {
        let names = current.withLock { $0 }
        let wanted = namespace.map { Array($0.utf8) }
        func isWanted(_ key: [UInt8]) -> Bool {
            guard let wanted else { return true }
            return names.namespaces[key.withUnsafeBytes { names.index(of: $0) }].name == wanted
        }
        let reading = analytics.reading(now: now)
        let largest = largestEntries(now: now).filter { isWanted($0.key) }
        return TopReport(
            hottestKeys: Array(reading.hottestKeys.filter { isWanted($0.key) }.prefix(limit)),
            missedPrefixes: Array(
                reading.missedPrefixes.filter { isWanted($0.prefix) }.prefix(limit)),
            largestEntries: Array(largest.sorted { $0.bytes > $1.bytes }.prefix(limit)))
    }

    private func largestEntries(now: Timestamp) -> [TopReport.LargeEntry] {
        (0..<stripes.count).flatMap { index in
            let entries = stripes.withLock(index) { stripe in
                stripe.largestEntries(now: now).map { CacheEntry(keeping: $0, in: arena) }
            }
            return entries.map { entry in
                withExtendedLifetime(entry) {
                    TopReport.LargeEntry(key: Array(entry.key), bytes: entry.footprintBytes)
                }
            }
        }
    }
}
