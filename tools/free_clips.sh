#!/bin/sh
# Videos that tools/pretrain.py learns from and is compared on, taken out of Debian's packages: tools/free_clips.sh DIR
# DIR/training: free licences without copyleft (docs/model-card.md names them); DIR/kept-out: for comparison alone.
set -eu
[ $# -eq 1 ] || { echo "usage: tools/free_clips.sh DIR" >&2; exit 2; }
mkdir -p "$1/training" "$1/kept-out"
folder=$(cd "$1" && pwd)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
chmod 755 "$temporary"
cd "$temporary"
apt-get download -qq opencv-doc python-kivy-examples python3-imageio node-opencv python-nbsphinx-doc \
    python3-mecavideo tupi-data fillets-ng-data python3-hug-doc renpy-demo forensics-samples-files gem-doc
for package in *.deb; do dpkg -x "$package" .; done
gunzip usr/share/doc/opencv-doc/opencv4/html/box.mp4.gz usr/share/doc/opencv-doc/opencv4/html/cup.mp4.gz
take() {
    to=$1
    shift
    for name; do find usr -name "$name" -type f -exec cp {} "$folder/$to/" \; -quit; done
}
take training box.mp4 cup.mp4 tree.avi cityCC0.mpg cockatoo.mp4 realshort.mp4 motion.mov Shepard_Calais_1906_FrenchGP.ogv
take kept-out Megamind.avi vtest.avi balle-jbart.mp4 balle1-vp9.avi example.avi intro.mpg movie.mp4 oa4_launch.webm \
    movie-hello.avi homer.avi
ls "$folder"/*
