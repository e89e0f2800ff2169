// Owns which targets Package.swift declares and on which of them each depends; a value.

/// The targets of a package manifest, read from its text.
struct PackageManifest: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case library = ".target("
        case executable = ".executableTarget("
        case system = ".systemLibrary("
        case test = ".testTarget("
    }

    struct Target: Sendable {
        let name: String
        let kind: Kind
        /// The targets of this package that it depends on.
        var dependencies: Set<String>
    }

    private(set) var targets: [String: Target] = [:]

    init(_ text: String) {
        let file = SourceFile(path: "Package.swift", text: text)
        let code = file.code.joined(separator: "\n")
        let full = file.lines.joined(separator: "\n")
        for kind in Kind.allCases {
            for range in code.ranges(of: kind.rawValue) {
                let offset = code.utf8.distance(from: code.startIndex, to: range.upperBound)
                let body = Self.untilClosed(code: Array(code.utf8), full: Array(full.utf8), offset)
                add(body, kind)
            }
        }
        // A plain string may also name another package's product.
        let names = Set(targets.keys)
        for name in names { targets[name]?.dependencies.formIntersection(names) }
    }

    private mutating func add(_ body: String, _ kind: Kind) {
        guard let name = Self.strings(after: "name:", in: body).first else { return }
        let list = body.firstRange(of: "dependencies: [").map { body[$0.upperBound...] } ?? ""
        let own = Self.topLevelStrings(list)
        targets[name] = Target(name: name, kind: kind, dependencies: own)
    }

    /// The text from `offset` to the parenthesis that closes the one before it.
    private static func untilClosed(code: [UInt8], full: [UInt8], _ offset: Int) -> String {
        var depth = 1
        var end = offset
        while end < code.count, depth > 0 {
            if code[end] == UInt8(ascii: "(") { depth += 1 }
            if code[end] == UInt8(ascii: ")") { depth -= 1 }
            end += 1
        }
        return String(decoding: full[offset..<end], as: UTF8.self)
    }

    /// The strings of a list up to its `]`, without those inside of `.product(…)`.
    private static func topLevelStrings(_ list: Substring) -> Set<String> {
        var found: Set<String> = []
        var depth = 0
        var quoted: String?
        for character in list {
            if character == "\"" {
                if let text = quoted, depth == 0 { found.insert(text) }
                quoted = quoted == nil ? "" : nil
            } else if quoted != nil {
                quoted?.append(character)
            } else if character == "(" {
                depth += 1
            } else if character == ")" {
                depth -= 1
            } else if character == "]" && depth == 0 {
                break
            }
        }
        return found
    }

    private static func strings(after label: String, in body: String) -> [String] {
        guard let range = body.firstRange(of: label) else { return [] }
        let parts = body[range.upperBound...].split(
            separator: "\"", omittingEmptySubsequences: false)
        return parts.count > 1 ? [String(parts[1])] : []
    }
}
