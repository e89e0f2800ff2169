// One after the other; a value without locks.

/// Gives its elements in turn (grpc `doc/load-balancing.md`, `round_robin`).
struct RoundRobin<Element> {
    private let elements: [Element]
    private var index: Int

    /// `start` is where the first turn begins, so that clients do not all begin alike.
    init(_ elements: [Element] = [], start: Int = 0) {
        self.elements = elements
        index = elements.isEmpty ? 0 : start % elements.count
    }

    /// The next element that `isUsable`, or nil when there is none.
    mutating func next(where isUsable: (Element) -> Bool) -> Element? {
        for _ in elements.indices {
            let element = elements[index]
            index = index + 1 == elements.count ? 0 : index + 1
            if isUsable(element) { return element }
        }
        return nil
    }
}
