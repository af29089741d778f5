// An oracle for tests: golang.org/x/mod/sumdb's note and tlog, behind one JSON object a line.
//
// Each line on standard input is a request, each line on standard output its answer, in order. The oracle
// holds one tree of records that it has hashed itself; notes, proofs and tiles come from the tests.
//
// Build it with GO111MODULE=off GOPATH=/usr/share/gocode (Debian's golang-golang-x-mod-dev); no network is
// needed.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height         = 8
	algCosignature = 4
)

type request struct {
	Op      string
	Note    []byte
	Text    string
	VKeys   []string
	Name    string
	Seed    []byte
	Time    uint64
	Records [][]byte
	Size    int64
	Old     int64
	Index   int64
	Level   int
	Width   int
	Root    []byte
	OldRoot []byte
	Leaf    []byte
	Proof   [][]byte
	Dir     string
}

type answer struct {
	Error  string   `json:"error,omitempty"`
	Text   string   `json:"text,omitempty"`
	Names  []string `json:"names,omitempty"`
	Others int      `json:"others,omitempty"`
	Bytes  []byte   `json:"bytes,omitempty"`
	Proof  [][]byte `json:"proof,omitempty"`
}

// cosigner is a key of type 4: what x/mod does not know, it lets others bring.
type cosigner struct {
	name string
	hash uint32
	pub  ed25519.PublicKey
	priv ed25519.PrivateKey
	time uint64
}

func newCosigner(name string, pub ed25519.PublicKey) *cosigner {
	sum := sha256.Sum256(append([]byte(name+"\n\x04"), pub...))
	return &cosigner{name: name, hash: binary.BigEndian.Uint32(sum[:]), pub: pub}
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) message(text []byte, time uint64) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(c.pub, c.message(text, binary.BigEndian.Uint64(sig)), sig[8:])
}

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	stamp := make([]byte, 8)
	binary.BigEndian.PutUint64(stamp, c.time)
	return append(stamp, ed25519.Sign(c.priv, c.message(text, c.time))...), nil
}

// verifier reads a vkey: by x/mod itself, or, of type 4, as above.
func verifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) == 3 {
		key, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(key) == 33 && key[0] == algCosignature {
			found := newCosigner(parts[0], ed25519.PublicKey(key[1:]))
			if fmt.Sprintf("%08x", found.hash) != parts[1] {
				return nil, errors.New("another key id")
			}
			return found, nil
		}
	}
	return note.NewVerifier(vkey)
}

func open(r request) answer {
	var known []note.Verifier
	for _, vkey := range r.VKeys {
		v, err := verifier(vkey)
		if err != nil {
			return answer{Error: err.Error()}
		}
		known = append(known, v)
	}
	n, err := note.Open(r.Note, note.VerifierList(known...))
	if err != nil {
		return answer{Error: err.Error()}
	}
	a := answer{Text: n.Text, Others: len(n.UnverifiedSigs)}
	for _, sig := range n.Sigs {
		a.Names = append(a.Names, sig.Name)
	}
	return a
}

// sign writes a note: with Time, cosigned, else signed as a log does.
func sign(r request) answer {
	priv := ed25519.NewKeyFromSeed(r.Seed)
	var signer note.Signer
	if r.Time != 0 {
		c := newCosigner(r.Name, priv.Public().(ed25519.PublicKey))
		c.priv, c.time = priv, r.Time
		signer = c
	} else {
		vkey, err := note.NewEd25519VerifierKey(r.Name, priv.Public().(ed25519.PublicKey))
		if err != nil {
			return answer{Error: err.Error()}
		}
		key := base64.StdEncoding.EncodeToString(append([]byte{1}, r.Seed...))
		id := strings.SplitN(vkey, "+", 3)[1]
		if signer, err = note.NewSigner("PRIVATE+KEY+" + r.Name + "+" + id + "+" + key); err != nil {
			return answer{Error: err.Error()}
		}
	}
	msg, err := note.Sign(&note.Note{Text: r.Text}, signer)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Bytes: msg}
}

var stored []tlog.Hash

var memory = tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		if i >= int64(len(stored)) {
			return nil, errors.New("no such hash")
		}
		out = append(out, stored[i])
	}
	return out, nil
})

// grow hashes records into the oracle's own tree; Size is how many it has.
func grow(r request) answer {
	for i, record := range r.Records {
		hashes, err := tlog.StoredHashes(r.Size+int64(i), record, memory)
		if err != nil {
			return answer{Error: err.Error()}
		}
		stored = append(stored, hashes...)
	}
	return treeHash(request{Size: r.Size + int64(len(r.Records))}, memory)
}

func treeHash(r request, reader tlog.HashReader) answer {
	h, err := tlog.TreeHash(r.Size, reader)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Bytes: h[:]}
}

func proofOf(hashes []tlog.Hash, err error) answer {
	if err != nil {
		return answer{Error: err.Error()}
	}
	a := answer{}
	for _, h := range hashes {
		a.Proof = append(a.Proof, append([]byte(nil), h[:]...))
	}
	return a
}

func prove(r request, reader tlog.HashReader) answer {
	if r.Op == "prove-record" {
		p, err := tlog.ProveRecord(r.Size, r.Index, reader)
		return proofOf(p, err)
	}
	p, err := tlog.ProveTree(r.Size, r.Old, reader)
	return proofOf(p, err)
}

func hashOf(b []byte) (h tlog.Hash) {
	if len(b) != len(h) {
		panic("a hash of another length")
	}
	copy(h[:], b)
	return h
}

func check(r request) answer {
	var hashes []tlog.Hash
	for _, p := range r.Proof {
		hashes = append(hashes, hashOf(p))
	}
	var err error
	if r.Op == "check-record" {
		err = tlog.CheckRecord(hashes, r.Size, hashOf(r.Root), r.Index, hashOf(r.Leaf))
	} else {
		err = tlog.CheckTree(hashes, r.Size, hashOf(r.Root), r.Old, hashOf(r.OldRoot))
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{}
}

func tile(r request) answer {
	data, err := tlog.ReadTileData(tlog.Tile{H: height, L: r.Level, N: r.Index, W: r.Width}, memory)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Bytes: data}
}

// published reads tiles from a directory. C2SP leaves the height out of x/mod's paths.
type published struct{ dir string }

func (p published) Height() int { return height }

func (p published) path(t tlog.Tile) string {
	prefix := fmt.Sprintf("tile/%d/", height)
	return filepath.Join(p.dir, "tile", filepath.FromSlash(strings.TrimPrefix(t.Path(), prefix)))
}

func (p published) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(p.path(t))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (p published) SaveTiles([]tlog.Tile, [][]byte) {}

// bundle checks every entry of a published bundle against the authenticated tree, and returns their count.
func bundle(r request, reader tlog.HashReader) answer {
	t := tlog.Tile{H: height, L: 0, N: r.Index, W: r.Width}
	path := strings.Replace(published{r.Dir}.path(t), filepath.Join("tile", "0"), filepath.Join("tile", "entries"), 1)
	data, err := os.ReadFile(path)
	if err != nil {
		return answer{Error: err.Error()}
	}
	for i := int64(0); i < int64(r.Width); i++ {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return answer{Error: "the bundle is cut"}
		}
		length := 2 + int(binary.BigEndian.Uint16(data))
		want, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, r.Index<<height+i)})
		if err != nil {
			return answer{Error: err.Error()}
		}
		if tlog.RecordHash(data[2:length]) != want[0] {
			return answer{Error: "the entry is not what the tree has"}
		}
		data = data[length:]
	}
	if len(data) != 0 {
		return answer{Error: "more entries than the tree has"}
	}
	return answer{}
}

func answerTo(r request) answer {
	reader := tlog.HashReader(memory)
	if r.Dir != "" {
		tree := tlog.Tree{N: r.Size, Hash: hashOf(r.Root)}
		reader = tlog.TileHashReader(tree, published{r.Dir})
	}
	switch r.Op {
	case "open":
		return open(r)
	case "sign":
		return sign(r)
	case "grow":
		return grow(r)
	case "hash":
		return treeHash(r, reader)
	case "prove-record", "prove-tree":
		return prove(r, reader)
	case "check-record", "check-tree":
		return check(r)
	case "tile":
		return tile(r)
	case "bundle":
		return bundle(r, reader)
	}
	return answer{Error: "no such request"}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		if err := out.Encode(answerTo(r)); err != nil {
			panic(err)
		}
	}
}
