// Matching a key against a glob: no allocation, no recursion; any thread.

extension Glob {
    /// Whether the whole key matches. Costs at most the key's length times the pattern's.
    package func matches(_ key: UnsafeRawBufferPointer) -> Bool {
        let program = program
        guard Self.hasPrefix(key, program.literalPrefix) else { return false }
        switch program.shape {
        case .literal: return key.count == program.literalPrefix.count
        case .prefix: return true
        case .general: return program.matchesRest(of: key)
        }
    }

    /// Whether the key starts with these bytes.
    @inline(__always)
    private static func hasPrefix(_ key: UnsafeRawBufferPointer, _ prefix: [UInt8]) -> Bool {
        guard key.count >= prefix.count else { return false }
        return prefix.withUnsafeBytes { prefix in
            for index in 0..<prefix.count where key[index] != prefix[index] { return false }
            return true
        }
    }
}

extension Glob.Program {
    /// Matches what follows the literal prefix.
    ///
    /// A failed step goes back to the last `*` only, which then takes one scalar more: an
    /// earlier star need never take more than it did, for the later one can take it instead.
    fileprivate func matchesRest(of key: UnsafeRawBufferPointer) -> Bool {
        elements.withUnsafeBufferPointer { elements in
            var element = prefixElements
            var index = literalPrefix.count
            var elementAfterRun = -1
            var runEnd = 0
            while true {
                if element == elements.count {
                    if index == key.count { return true }
                } else if elements[element] == .run {
                    element += 1
                    if element == elements.count { return true }
                    elementAfterRun = element
                    runEnd = index
                    continue
                } else if index < key.count {
                    let (value, length) = UTF8Scalar.decode(key, at: index)
                    if accepts(elements[element], value) {
                        element += 1
                        index += length
                        continue
                    }
                }
                guard elementAfterRun >= 0, runEnd < key.count else { return false }
                runEnd += UTF8Scalar.decode(key, at: runEnd).length
                index = runEnd
                element = elementAfterRun
            }
        }
    }

    @inline(__always)
    private func accepts(_ element: Glob.Element, _ value: UInt32) -> Bool {
        switch element {
        case .scalar(let wanted): wanted == value
        case .any: true
        case .set(let index): sets[index].contains(value)
        case .run: false
        }
    }
}
